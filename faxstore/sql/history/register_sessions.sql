-- Registers sessions: inserts new ones, and adds what known ones lacked (channel, operation, …). fax.append() calls it
-- under its lock.
create function fax.register_sessions(sessions fax.appended_session[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into fax.session as s (
        session_id, started_at, session_number, epoch_id, is_open, is_fax, server, operation, channel, uniqueid,
        technology)
    select n.session_id, n.started_at, n.session_number, n.epoch_id, n.is_open, n.is_fax, e.server, n.operation,
           n.channel, n.uniqueid, n.technology
    from unnest(sessions) n
    join fax.epoch e on e.epoch_id = n.epoch_id
    on conflict (session_id) do update
        set is_open = s.is_open and excluded.is_open,
            operation = coalesce(s.operation, excluded.operation),
            -- an erased name does not come back with a recording that is imported again
            channel = coalesce(s.channel, case when not exists (select from fax.erasure e where e.session_id = s.session_id)
                                               then excluded.channel end),
            uniqueid = coalesce(s.uniqueid, excluded.uniqueid),
            technology = coalesce(s.technology, excluded.technology)
        where s.is_open > excluded.is_open
           or (s.operation is null and excluded.operation is not null)
           or (s.channel is null and excluded.channel is not null)
           or (s.uniqueid is null and excluded.uniqueid is not null)
           or (s.technology is null and excluded.technology is not null);
end
$$;
