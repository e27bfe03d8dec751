-- Registers the sessions of a staged batch: inserts new ones, adds what known ones lacked (channel, operation, …), and
-- creates the partitions that they need. fax.append() calls it under its lock.
-- Rows before the start of a fax name its channel only if no other row does: after a transfer they name the new one.
create function fax.register_sessions(staged_batch uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into fax.session as s (
        session_id, started_at, session_number, epoch_id, is_open, is_fax, server, operation, channel, uniqueid,
        technology)
    select r.session_id, coalesce(min(r.observed_at) filter (where not r.is_prelude), min(r.observed_at)),
           min(r.session_number), (array_agg(e.epoch_id order by r.ordinal))[1],
           not bool_or(r.event in ('Gone', 'SendFAX', 'ReceiveFAX')), bool_and(r.is_fax), min(e.server),
           (array_agg(r.operation order by r.ordinal) filter (where r.operation is not null))[1],
           (array_agg(r.channel order by r.is_prelude, r.ordinal) filter (where r.channel is not null))[1],
           (array_agg(r.uniqueid order by r.is_prelude, r.ordinal) filter (where r.uniqueid is not null))[1],
           (array_agg(r.technology order by r.ordinal) filter (where r.technology is not null))[1]
    from fax.staged_row r
    join fax.epoch e on e.epoch_id = r.epoch_id
    where r.batch = staged_batch
    group by r.session_id
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

    update fax.epoch e
    set last_seen_at = b.last_seen_at
    from (select r.epoch_id, max(r.observed_at) as last_seen_at
          from fax.staged_row r where r.batch = staged_batch group by r.epoch_id) b
    where e.epoch_id = b.epoch_id and e.last_seen_at < b.last_seen_at;

    -- A month before 2000 or over a year ahead is a wrong clock: its rows go to the default partition.
    perform fax.make_partition(m.moment)
    from (select distinct date_trunc('month', s.started_at at time zone 'UTC') at time zone 'UTC' as moment
          from fax.session s
          where s.session_id in (select r.session_id from fax.staged_row r where r.batch = staged_batch)) m
    where m.moment >= '2000-01-01 00:00:00+00' and m.moment < now() + interval '1 year';
end
$$;
