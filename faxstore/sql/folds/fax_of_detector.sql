-- The session of the fax that the channel of a detector (V.21) then carried: the next one on it, if it began at most a
-- minute after a moment and no Uniqueid contradicts. NULL if none.
-- A function, because that fax may be on another node of a distributed database; it is called for detectors only.
-- Runs with the rights of the owner, because fax_masked reads fax.sessions_masked but no channels.
-- example: select fax.fax_of_detector(s.epoch_id, s.session_number, s.channel, s.uniqueid, s.ended_at) from fax.sessions s where s.direction = 'detector';
create function fax.fax_of_detector(
    of_epoch uuid, detector_number bigint, of_channel text, of_uniqueid text, moment timestamptz) returns uuid
language plpgsql stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- else each call is planned
as $$
begin
    return (
        select g.session_id
        from fax.session g
        where g.epoch_id = of_epoch and left(g.channel, 100) = left(of_channel, 100) and g.channel = of_channel
          and g.operation <> 'V.21'
          and g.session_number > detector_number
          and g.started_at <= moment + interval '1 minute'
          and coalesce(g.uniqueid = of_uniqueid, true)
        order by g.session_number
        limit 1
    );
end
$$;
