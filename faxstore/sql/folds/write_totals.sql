-- Writes totals of sessions without one whose last row was appended at least quiet_seconds ago: of the oldest first, and
-- of `most` sessions at most. Returns their number; NULL if another call is writing totals;
-- 0 if no session is left, or if an erasure holds all of those that are next.
-- It does not matter whether they have ended: a total is what the rows show, and a later row removes it.
-- It folds without a lock. Then it takes the lock of all appenders, only to store the totals of sessions that have
-- received no row since, and that nothing has changed (fax.forget_totals).
-- The settings as of fax.append(): plans must not depend on statistics.
-- example: select fax.write_totals(100, 300);
create function fax.write_totals(most integer, quiet_seconds double precision) returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
    quiet bigint := fax.quiet_position(quiet_seconds);
    newest bigint := (select max(b.last_position) from fax.append_batch b);
    sessions uuid[];
    versions xid[];
    first_start timestamptz;
    last_start timestamptz;
    totals fax.session_total[];
    written bigint;
begin
    if not pg_try_advisory_xact_lock(4702394921427289930) then
        return null;
    end if;
    select array_agg(q.session_id), array_agg(q.version), min(q.started_at), max(q.started_at)
    into sessions, versions, first_start, last_start
    from (
        select u.session_id, u.xmin as version, u.started_at
        from fax.session_untotalled u
        -- offset 0: looks up the rows of each session, instead of reading all recent rows first
        where newest <= quiet or not exists (
            select from fax.observation h
            where h.session_id = u.session_id and h.started_at = u.started_at and h.position > quiet offset 0
        )
        and not exists (
            select from fax.session_pack p
            where p.session_id = u.session_id and p.started_at = u.started_at and p.last_position > quiet offset 0
        )
        order by u.started_at
        limit most
    ) q;
    if sessions is null then
        return 0;
    end if;
    -- the period, because an array does not select partitions
    totals := array(
        select row(t.*)::fax.session_total
        from fax.folded_total t
        where t.session_id = any (sessions) and t.started_at >= first_start and t.started_at <= last_start
    );

    -- Appends do not wait for the disk of this commit: after a crash, the totals are written again.
    perform set_config('synchronous_commit', 'off', true);
    perform fax.lock_append();
    with unchanged as (
        select u.session_id
        from unnest(sessions, versions) v (session_id, version)
        join fax.session_untotalled u on u.session_id = v.session_id and u.xmin = v.version
        -- an erasure may hold it for long
        for update of u skip locked
    ),
    -- materialized: a join would look up the rows of each total once for each of the others
    complete as materialized (
        select t.*
        from unnest(totals) t
        -- nothing was appended during the fold, or not to this session
        where newest = (select max(b.last_position) from fax.append_batch b) or not exists (
            select from fax.observation h
            where h.session_id = t.session_id and h.started_at = t.started_at and h.position > coalesce(t.last_position, 0) offset 0
        )
        and not exists (
            select from fax.session_pack p
            where p.session_id = t.session_id and p.started_at = t.started_at and p.last_position > coalesce(t.last_position, 0) offset 0
        )
    ),
    stored as (
        insert into fax.session_total
        select c.*
        from complete c
        join unchanged u on u.session_id = c.session_id
        returning session_id
    )
    delete from fax.session_untotalled u using stored s where u.session_id = s.session_id;
    get diagnostics written = row_count;
    return written;
end
$$;
