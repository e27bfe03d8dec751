-- grain: one event at the end of an imported recording whose session has not been listed yet
-- example: select server, count(*) from fax.waiting_record group by server;
-- The ingestor stores its waiting events in its spool.
create table fax.waiting_record (
    server  text not null,
    ordinal integer not null,
    body    bytea not null,
    primary key (server, ordinal)
);

comment on table fax.waiting_record is 'Events at the end of an imported recording that wait for their session. The next import for the server continues with them.';
comment on column fax.waiting_record.server is 'Server of the recording.';
comment on column fax.waiting_record.ordinal is 'Order, from 0.';
comment on column fax.waiting_record.body is 'The record as the importer encodes it (personal).';
