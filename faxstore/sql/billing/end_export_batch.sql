-- Inserts the batch of the lines that fax.begin_export_batch() inserted in this transaction.
-- example: select fax.end_export_batch('default', 'csv', 1, '\x…');
create function fax.end_export_batch(of_consumer text, of_format text, of_format_version integer, of_file bytea)
returns fax.export_batch
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    last_batch fax.export_batch;
    new_batch fax.export_batch;
begin
    select b.* into last_batch from fax.export_batch b where b.consumer = of_consumer order by b.batch desc limit 1;
    if of_format is distinct from coalesce(last_batch.format, of_format) then
        raise exception 'consumer % has the format %, not %', of_consumer, last_batch.format, of_format
            using errcode = 'invalid_parameter_value';
    end if;
    insert into fax.export_batch (
        consumer, batch, first_position, last_position, lines, corrections, pages, bad_lines, seconds,
        previous_pages, previous_bad_lines, previous_seconds, first_started_at, last_started_at, first_ended_at, last_ended_at,
        format, format_version, sha256, digest, schema_version, checkpoint,
        batch_before, position_before)
    select
        of_consumer, s.batch, coalesce(last_batch.last_position, 0) + 1,
        (select max(a.last_position) from fax.append_batch a),
        s.lines, s.corrections, s.pages, s.bad_lines, s.seconds, s.previous_pages, s.previous_bad_lines, s.previous_seconds,
        s.first_started_at, s.last_started_at, s.first_ended_at, s.last_ended_at,
        of_format, of_format_version, of_file, s.digest,
        (select v.version_num from fax.alembic_version v),
        (select c.note from fax.checkpoint c order by c.size desc, c.records desc limit 1),
        last_batch.batch, coalesce(last_batch.last_position, 0)
    from fax.export_sums s
    where s.consumer = of_consumer and s.batch = coalesce(last_batch.batch, 0) + 1
    returning * into new_batch;
    return new_batch;
end
$$;
