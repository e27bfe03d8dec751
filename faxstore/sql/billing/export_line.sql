-- grain: one fax as exported in one batch: revision 1, or a correction of the revision before
-- example: select batch, line, revision, pages, previous_pages, changed from fax.export_line where session_id = '…' order by consumer, revision;
-- The values of a fax are columns of fax.sessions, with their types and comments; previous_… are those that a
-- correction supersedes. To record another one, add it to the select list and to fax.export_line_digest(), and to
-- fax.export_changes() if it makes a correction.
-- Append-only, except that fax.erase_export_lines() sets the personal values to NULL and leaves every digest.
-- A line needs its batch (checked at commit), and a correction the revision before it.
create table fax.export_line as
select
    session_id, server, session_number, direction, account_code, caller_number, called_number, local_station_id,
    remote_station_id, uniqueid, linkedid, started_at, ended_at, end_observed_by, duration_seconds, pages, bad_lines,
    transport, last_data_rate, result, result_class, bad_lines_lower_bound, overlaps_gap, snapshots, first_position,
    last_position,
    direction as previous_direction, account_code as previous_account_code, ended_at as previous_ended_at,
    duration_seconds as previous_duration_seconds, pages as previous_pages, bad_lines as previous_bad_lines,
    transport as previous_transport, result as previous_result
from fax.sessions
with no data;

alter table fax.export_line
    add consumer         text not null,  -- The consumer.
    add batch            bigint not null,  -- The batch.
    add line             bigint not null check (line >= 1),  -- Line number in the batch, from 1, in the order of started_at.
    add revision         integer not null check (revision >= 1),  -- 1 when the fax is first exported, one more with each correction.
    add supersedes       integer,  -- Revision that this one replaces. NULL if it is the first.
    add supersedes_batch bigint,  -- Batch of the replaced revision. NULL if it is the first.
    add supersedes_line  bigint,  -- Line number of the replaced revision in its batch. NULL if it is the first.
    add changed          text[] not null,  -- Names of the columns that differ from the replaced revision (fax.export_changes); empty in the first.
    add salt             bytea,  -- 16 random bytes that prevent guessing erased values from their digest. NULL if erased.
    add personal_digest  bytea not null,  -- SHA-256 of the salt and the personal values as exported (fax.export_personal_digest).
    add digest           bytea not null,  -- SHA-256 of the other values and personal_digest (fax.export_line_digest).
    add erased_at        timestamptz,  -- When the personal values were erased, by the database's clock. NULL if they were not.
    alter session_id set not null,
    alter server set not null,
    alter started_at set not null,
    alter ended_at set not null,
    alter end_observed_by set not null,
    alter result set not null,
    alter overlaps_gap set not null,
    alter snapshots set not null,
    alter first_position set not null,
    alter last_position set not null,
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
            case when l.attname <> s.attname
                 then format('%s in the revision before. NULL if unknown there, or if this is no correction.', s.attname)
                 else c.comment || case when c.comment ~ '\(personal' then ' NULL also if erased.' else '' end end as comment
        from pg_attribute l
        join pg_attribute s on s.attrelid = 'fax.sessions'::regclass
            and s.attname = regexp_replace(l.attname, '^previous_', '')
        cross join lateral (select col_description(s.attrelid, s.attnum) as comment) c
        where l.attrelid = 'fax.export_line'::regclass and l.attnum > 0
    loop
        execute format('comment on column fax.export_line.%I is %L', described.name, described.comment);
    end loop;
end
$$;
