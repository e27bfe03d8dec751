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
begin
    perform fax.lock_append();
    update fax.epoch e
    set last_seen_at = n.seen_at
    from unnest(epochs, last_seen) n (epoch_id, seen_at)
    where e.epoch_id = n.epoch_id and e.last_seen_at < n.seen_at;
    if cardinality(sessions) > 0 then
        perform fax.register_sessions(sessions);
    end if;
    begin
        appended := fax.insert_rows(append_collector, rows);
    exception when unique_violation then
        appended := fax.insert_rows(append_collector, fax.without_repeats(rows));
    end;
    repeats := cardinality(rows) - appended;
end
$$;
