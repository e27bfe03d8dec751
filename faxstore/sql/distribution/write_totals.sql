-- As in faxstore/sql/folds/write_totals.sql, with one query per table, and without a trigger: adds the totals to
-- fax.usage_rollup.
create or replace function fax.write_totals(most integer, quiet_seconds double precision) returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    quiet bigint := fax.quiet_position(quiet_seconds);
    newest bigint := (select max(b.last_position) from fax.append_batch b);
    sessions uuid[];
    versions xid[];
    first_start timestamptz;
    last_start timestamptz;
    totals fax.session_total[];
    touched uuid[];
    stored uuid[];
    unchanged uuid[];
begin
    if not pg_try_advisory_xact_lock(4702394921427289930) then
        return null;
    end if;
    -- the newest rows have the highest positions
    touched := array(select distinct o.session_id from fax.observation o where newest > quiet and o.position > quiet)
        || array(select p.session_id from fax.session_pack p where newest > quiet and p.last_position > quiet);
    select array_agg(q.session_id), array_agg(q.version), min(q.started_at), max(q.started_at)
    into sessions, versions, first_start, last_start
    from (
        select u.session_id, u.xmin as version, u.started_at
        from fax.session_untotalled u
        where u.session_id <> all (touched)
        order by u.started_at
        limit most
    ) q;
    if sessions is null then
        return 0;
    end if;
    totals := array(select t from fax.folded_totals(sessions, first_start, last_start) t);
    perform set_config('synchronous_commit', 'off', true);
    perform fax.lock_append();
    touched := array(select distinct o.session_id from fax.observation o where o.position > newest)
        || array(select p.session_id from fax.session_pack p where p.last_position > newest);
    unchanged := array(
        select u.session_id
        from fax.untotalled_of(sessions) u
        join unnest(sessions, versions) v (session_id, version) on v.session_id = u.session_id and v.version = u.version);
    totals := array(
        select t from unnest(totals) t where t.session_id = any (unchanged) and t.session_id <> all (touched));
    if cardinality(totals) > 0 then
        stored := array(select t.session_id from unnest(totals) t);
        insert into fax.session_total select t.* from unnest(totals) t;
        perform fax.totalled(stored);
        perform fax.count_totals(totals, 1);
    end if;
    return cardinality(totals);
end
$$;
