-- grain: one event at the end of an imported recording that still waits for its session to be listed
-- The recording's next piece takes it up again; the ingestor keeps its own in its spool.
create table fax.waiting_record (
    server  text not null,
    ordinal integer not null,
    body    bytea not null,
    primary key (server, ordinal)
);

comment on table fax.waiting_record is 'Events at the end of an imported recording that wait for their session; the next import for the server takes them up.';
comment on column fax.waiting_record.server is 'Server of the recording.';
comment on column fax.waiting_record.ordinal is 'Their order, from 0.';
comment on column fax.waiting_record.body is 'The record as the importer encodes it (personal).';
