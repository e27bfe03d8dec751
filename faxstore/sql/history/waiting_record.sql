-- grain: one event at the end of an imported recording whose session has not been listed yet
-- example: select server, count(*) from fax.waiting_record group by server;
-- The ingestor stores its waiting events in its spool.
create table fax.waiting_record (
    server  text not null,  -- Server of the recording.
    ordinal integer not null,  -- Order, from 0.
    body    bytea not null,  -- The record as the importer encodes it (personal).
    primary key (server, ordinal)
);

comment on table fax.waiting_record is 'Events at the end of an imported recording that wait for their session. The next import for the server continues with them.';
