-- Creates the partitions of the packs of those sessions that have rows to pack; returns whether one was missing. Locks out all readers for that, and
-- raises lock_not_available after 100 ms if they go on: a statement that was planned before the partition existed, and
-- that runs when the rows have moved there, would find neither the rows nor their packs.
create function fax.make_pack_partitions(of_sessions uuid[]) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '100ms'
as $$
declare
    missing timestamptz[] := array(
        select distinct date_trunc('month', s.started_at at time zone 'UTC') at time zone 'UTC'
        from fax.session s
        where s.session_id = any (of_sessions)
          and to_regclass('fax.session_pack_' || to_char(s.started_at at time zone 'UTC', 'YYYY_MM')) is null
          and exists (select from fax.observation o where o.session_id = s.session_id and o.started_at = s.started_at));
begin
    if missing = '{}' then
        return false;
    end if;
    lock table fax.session_pack in access exclusive mode;
    perform fax.make_partition(m.moment, 'session_pack') from unnest(missing) m (moment);
    return true;
end
$$;
