-- grain: one fax as exported in one batch: revision 1, or a correction of the revision before
-- example: select batch, line, revision, pages, previous_pages, changed from fax.export_line where session_id = '…' order by consumer, revision;
-- Its columns are those of fax.exportable_faxes.
-- Append-only, except that fax.erase_export_lines() sets the personal values to NULL and leaves every digest.
-- end_observed_by is unknown, and the evidence NULL, in a line that was read from a file of usage events.
-- A line needs its batch (checked at commit), and a correction the revision before it.
create table fax.export_line as
select * from fax.exportable_faxes
with no data;

alter table fax.export_line
    alter session_id set not null,
    alter server set not null,
    alter started_at set not null,
    alter ended_at set not null,
    alter end_observed_by set not null,
    alter result set not null,
    alter consumer set not null,
    alter batch set not null,
    alter line set not null,
    alter revision set not null,
    alter changed set not null,
    alter personal_digest set not null,
    alter digest set not null,
    add check (line >= 1),
    add check (revision >= 1),
    add check (end_observed_by <> 'open'),
    add primary key (session_id, consumer, revision),
    add foreign key (consumer, batch) references fax.export_batch deferrable initially deferred,
    add foreign key (session_id, consumer, supersedes) references fax.export_line (session_id, consumer, revision),
    add constraint supersedes_the_one_before check (supersedes is not distinct from nullif(revision - 1, 0)),
    add constraint changed_where_corrected check ((changed = '{}') = (revision = 1));

create index export_line_batch on fax.export_line (consumer, batch, line);
create index export_line_started on fax.export_line (consumer, started_at);
create index export_line_erased on fax.export_line (consumer, batch) where erased_at is not null;

comment on table fax.export_line is 'One fax as exported to a consumer: revision 1, or a correction that supersedes the revision before; one with direction detector withdraws the fax. Values are as of the batch. Append-only; fax.begin_export_batch() adds rows.';

do $$
declare
    described record;
begin
    for described in
        select
            l.attname as name,
            c.comment || case when c.comment ~ '\(personal' then ' NULL also if erased.' else '' end as comment
        from pg_attribute l
        cross join lateral (select col_description('fax.exportable_faxes'::regclass, l.attnum) as comment) c
        where l.attrelid = 'fax.export_line'::regclass and l.attnum > 0
    loop
        execute format('comment on column fax.export_line.%I is %L', described.name, described.comment);
    end loop;
end
$$;
