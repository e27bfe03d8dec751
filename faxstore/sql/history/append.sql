-- Appends one batch to the history. There is no other way in.
-- Positions are gapless and in commit order. A row whose session and observed_at already exist is a repeat and ignored.
-- `sessions` are those of the rows that are new or of which more is known. `spool` names the spool that the records come
-- from, and the next three say how many of its records are in the database before and after the batch, and which the
-- batch adds.
-- Raises serialization_failure if the database has another number of them: the batch, or a part of it, may be there.
-- The settings hold for the functions that it calls too: plans must not depend on statistics. A table that autovacuum
-- analysed while it was empty would be read sequentially for each row.
-- example: select * from fax.append('host1', array[…], array[…], array[…], '…', 0, 3, '{1,3}');
create function fax.append(
    append_collector text, epochs fax.appended_epoch[], sessions fax.appended_session[], rows fax.appended_row[],
    spool uuid default null, appended_before bigint default null, appended_after bigint default null,
    keys bigint[] default null,
    out appended bigint, out repeats bigint
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_generic_plan
as $$
declare
    seen fax.appended_epoch;
    oldest timestamptz := (select min(r.observed_at) from unnest(rows) r);
    -- Packed rows were observed more than two days before they were packed.
    may_be_packed boolean := coalesce(oldest < now() - interval '1 day', false);
begin
    -- What is appended is discarded elsewhere: the commit waits for the disk, whatever the user's settings are.
    if current_setting('synchronous_commit') = 'off' then
        perform set_config('synchronous_commit', 'on', true);
    end if;
    if may_be_packed then
        perform fax.wait_for_packing();  -- before the lock, so that no other append waits with this one
    end if;
    perform fax.lock_append();
    if spool is not null then
        update fax.spool_progress p
        set appended = appended_after, last_keys = keys, appended_at = clock_timestamp(), collector_id = append_collector
        where p.spool_id = spool and p.appended = appended_before;
        if not found then
            perform fax.begin_spool(append_collector, spool, appended_before, appended_after, keys);
        end if;
    end if;
    foreach seen in array epochs loop
        update fax.epoch e
        set last_seen_at = seen.last_seen_at
        where e.epoch_id = seen.epoch_id and e.last_seen_at < seen.last_seen_at;
    end loop;
    if cardinality(sessions) > 0 then
        perform fax.register_sessions(sessions);
        -- wakes faxstore follow, but not for each snapshot
        if exists (select from unnest(sessions) s where not s.is_open or s.session_number is null) then
            perform pg_notify('faxstore', '');
        end if;
    end if;
    begin
        appended := fax.insert_rows(
            append_collector, oldest,
            case when may_be_packed and fax.has_packs(rows) then fax.without_repeats(rows) else rows end);
    exception when unique_violation then
        appended := fax.insert_rows(append_collector, oldest, fax.without_repeats(rows));
    end;
    repeats := cardinality(rows) - appended;
end
$$;
