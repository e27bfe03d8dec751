-- grain: one line of the consumer's next batch, or one open fax (line NULL) for the batch after it to check again
-- example: select count(*), sum(pages) from fax.export_due('default') where line is not null;
-- Lines are ended faxes that were never exported, and corrections of exported ones.
-- Candidates are faxes with rows after the consumer's last batch and pending ones (fax.export_pending). If the schema's
-- revision has changed since, its views may compute other figures, so every fax is a candidate; likewise if
-- `recheck`.
create function fax.export_due(of_consumer text, recheck boolean default false) returns setof fax.export_line
language plpgsql stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    last_batch fax.export_batch;
    schema_now text := (select v.version_num from fax.alembic_version v);
    due fax.export_line;
    newest fax.export_line;
    lines bigint := 0;
begin
    select b.* into last_batch from fax.export_batch b where b.consumer = of_consumer order by b.batch desc limit 1;
    for due in
        with candidate as materialized (
            select o.session_id, o.started_at
            from fax.observation o
            where o.position > coalesce(last_batch.last_position, 0)
            union
            select k.session_id, k.started_at
            from fax.session_pack k
            where k.last_position > coalesce(last_batch.last_position, 0)
            union
            select p.session_id, p.started_at from fax.export_pending p where p.consumer = of_consumer
            union
            select s.session_id, s.started_at from fax.session s where recheck or last_batch.schema_version <> schema_now
        )
        select f.*
        from candidate c
        cross join lateral fax.export_seen(c.session_id, c.started_at) f
        order by f.started_at, f.session_id
    loop
        select l.* into newest
        from fax.export_line l
        where l.session_id = due.session_id and l.consumer = of_consumer
        order by l.revision desc
        limit 1;
        continue when newest.revision is null and due.direction = 'detector';
        due.consumer := of_consumer;
        due.batch := coalesce(last_batch.batch, 0) + 1;
        if due.end_observed_by <> 'open' then
            due.revision := coalesce(newest.revision, 0) + 1;
            if newest.revision is not null then
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
end
$$;
