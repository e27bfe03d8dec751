-- grain: one line of the consumer's next batch, or one open fax (line NULL) for the batch after it to check again
-- example: select count(*), sum(pages) from fax.export_due('default') where line is not null;
-- Lines are ended faxes that were never exported, and corrections of exported ones.
-- Candidates are faxes with rows after the consumer's last batch and pending ones (fax.export_pending). If the schema's
-- revision has changed since, its views may compute other figures, so every fax is a candidate; likewise if
-- `recheck`, and in the first batch. 1,000 are read at a time.
create function fax.export_due(of_consumer text, recheck boolean default false) returns setof fax.export_line
language plpgsql stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    last_batch fax.export_batch;
    schema_now text := (select v.version_num from fax.alembic_version v);
    candidates record;
    due fax.export_line;
    newest fax.export_line;
    lines bigint := 0;
begin
    select b.* into last_batch from fax.export_batch b where b.consumer = of_consumer order by b.batch desc limit 1;
    for candidates in
        with candidate as (
            select s.session_id, s.started_at
            from fax.session s
            where recheck or last_batch.batch is null or last_batch.schema_version <> schema_now
            union
            select o.session_id, o.started_at from fax.observation o where o.position > last_batch.last_position
            union
            select k.session_id, k.started_at from fax.session_pack k where k.last_position > last_batch.last_position
            union
            select p.session_id, p.started_at from fax.export_pending p where p.consumer = of_consumer
        )
        select array_agg(c.session_id) as sessions, min(c.started_at) as first_start, max(c.started_at) as last_start
        from (select a.*, row_number() over (order by a.started_at, a.session_id) as place from candidate a) c
        group by (c.place - 1) / 1000
        order by (c.place - 1) / 1000
    loop
        for due in
            select f.*
            from fax.exportable_faxes f
            where f.session_id = any (candidates.sessions)
              and f.started_at >= candidates.first_start and f.started_at <= candidates.last_start
            order by f.started_at, f.session_id
        loop
            newest := null;
            if last_batch.batch is not null then
                select l.* into newest
                from fax.export_line l
                where l.session_id = due.session_id and l.consumer = of_consumer
                order by l.revision desc
                limit 1;
            end if;
            continue when newest.revision is null and due.direction = 'detector';
            due.consumer := of_consumer;
            due.batch := coalesce(last_batch.batch, 0) + 1;
            if due.end_observed_by <> 'open' then
                due.revision := coalesce(newest.revision, 0) + 1;
                if newest.revision is not null then
                    -- A restored line may have been made from rows that the history has lost.
                    continue when exists (
                        select from fax.export_batch b
                        where b.consumer = of_consumer and b.batch = newest.batch
                          and (b.restored_after >= due.last_position
                               or b.restored_after >= 0 and due.snapshots < newest.snapshots));
                    due.changed := fax.export_changes(newest, due);
                    continue when due.changed = '{}';
                    due.supersedes := newest.revision;
                    due.supersedes_batch := newest.batch;
                    due.supersedes_line := newest.line;
                    due.previous_direction := newest.direction;
                    due.previous_account_code := newest.account_code;
                    due.previous_ended_at := newest.ended_at;
                    due.previous_duration_seconds := newest.duration_seconds;
                    due.previous_pages := newest.pages;
                    due.previous_bad_lines := newest.bad_lines;
                    due.previous_transport := newest.transport;
                    due.previous_result := newest.result;
                end if;
                lines := lines + 1;
                due.line := lines;
            end if;
            return next due;
        end loop;
    end loop;
end
$$;
