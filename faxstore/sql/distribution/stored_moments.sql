-- The rows that are stored of given sessions and times, each as its session and its time, whether they are rows, packed or
-- in files.
-- example: select fax.stored_moments(array['…']::uuid[], array['2026-11-23 14:00+00']::timestamptz[]);
create or replace function fax.stored_moments(of_sessions uuid[], at_times timestamptz[]) returns text[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    stored text[] := array(
        select o.session_id::text || ' ' || extract(epoch from o.observed_at)
        from fax.observation o
        where o.session_id = any (of_sessions) and o.observed_at = any (at_times));
    packed text[] := array(
        select p.session_id::text || ' ' || extract(epoch from k.observed_at)
        from fax.session_pack p
        cross join lateral unnest(p.rows) k
        where p.session_id = any (of_sessions) and k.observed_at = any (at_times));
    dropped text[] := array(
        select d.session_id::text || ' ' || extract(epoch from m.moment)
        from fax.dropped_session d
        cross join lateral unnest(d.moments) m (moment)
        where d.session_id = any (of_sessions) and m.moment = any (at_times));
begin
    return stored || packed || dropped;
end
$$;
