-- grain: one event at the end of an imported recording whose session has not been listed yet
-- example: select server, count(*) from fax.waiting_record group by server;
-- The ingestor stores its waiting events in its spool.
create table fax.waiting_record (
    server  text not null,  -- Server of the recording.
    part_id uuid references fax.recording_part on delete cascade,  -- Part of the recording at whose end it waits. NULL if any import for the server continues with it (records of a newer faxstore).
    ordinal integer not null,  -- Order, from 0.
    body    bytea not null,  -- The record as the importer encodes it (personal).
    unique nulls not distinct (server, part_id, ordinal)
);

comment on table fax.waiting_record is 'Events at the end of an imported part of a recording that wait for their session. The import that continues the part reads them first.';
