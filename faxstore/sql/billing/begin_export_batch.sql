-- Inserts the lines of a consumer's next batch, updates fax.export_pending, and returns the number of lines.
-- The same transaction must call fax.end_export_batch(), or it cannot commit.
-- Requires repeatable read, so that the lines and the last position are from one snapshot. Positions are assigned in
-- commit order, so that snapshot contains all positions up to the last one.
-- example: begin isolation level repeatable read; select fax.begin_export_batch('default');
create function fax.begin_export_batch(of_consumer text, recheck boolean default false) returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    lines bigint;
begin
    if current_setting('transaction_isolation') <> 'repeatable read' then
        raise exception 'fax.begin_export_batch() needs transaction isolation repeatable read, not %',
            current_setting('transaction_isolation');
    end if;
    with due as materialized (
        select d.* from fax.export_due(of_consumer, recheck) d
    ),
    no_longer_open as (
        delete from fax.export_pending p
        where p.consumer = of_consumer
          and not exists (select 1 from due d where d.session_id = p.session_id and d.line is null)
    ),
    still_open as (
        insert into fax.export_pending (session_id, consumer, started_at)
        select d.session_id, d.consumer, d.started_at from due d where d.line is null
        on conflict do nothing
    ),
    inserted as (
        insert into fax.export_line select d.* from due d where d.line is not null
        returning 1
    )
    select count(*) into lines from inserted;
    return lines;
end
$$;
