-- Appends one batch to the history. There is no other way in.
-- Positions are gapless and in commit order. A row whose session and observed_at already exist is a repeat and ignored.
-- `sessions` are those of the rows that are new or of which more is known; `epochs` are those of the rows, each with
-- the time of its latest row.
-- The settings hold for the functions that it calls too: plans must not depend on statistics. A table that autovacuum
-- analysed while it was empty would be read sequentially for each row.
-- example: select * from fax.append('host1', '{…}', '{2026-11-23 14:00+00}', array[…], array[…]);
create function fax.append(
    append_collector text, epochs uuid[], last_seen timestamptz[],
    sessions fax.appended_session[], rows fax.appended_row[],
    out appended bigint, out repeats bigint, out first_position bigint, out last_position bigint
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
    base bigint;
begin
    perform fax.lock_append();
    update fax.epoch e
    set last_seen_at = n.seen_at
    from unnest(epochs, last_seen) n (epoch_id, seen_at)
    where e.epoch_id = n.epoch_id and e.last_seen_at < n.seen_at;
    if cardinality(sessions) > 0 then
        perform fax.register_sessions(sessions);
    end if;
    select coalesce(max(b.last_position), 0) into base from fax.append_batch b;
    begin
        appended := fax.insert_rows(append_collector, base, rows);
    exception when unique_violation then
        appended := fax.insert_rows(append_collector, base, fax.without_repeats(rows));
    end;
    repeats := cardinality(rows) - appended;
    if appended > 0 then
        first_position := base + 1;
        last_position := base + appended;
        insert into fax.append_batch (first_position, last_position, rows, collector_id)
        values (append.first_position, append.last_position, appended, append_collector);
    end if;
end
$$;
