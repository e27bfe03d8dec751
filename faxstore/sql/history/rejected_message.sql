-- grain: one message, or part of one, that faxstore could not parse
-- example: select observed_at, reason, convert_from(raw, 'utf8') from fax.rejected_message;
create table fax.rejected_message (
    server       text not null,
    observed_at  timestamptz not null,
    digest       bytea not null,
    collector_id text not null,
    reason       text not null,
    raw          bytea not null,
    primary key (server, observed_at, digest)
);

comment on table fax.rejected_message is 'Messages, whole or in part, that faxstore could not parse. Append-only.';
comment on column fax.rejected_message.server is 'Name of the server in the settings.';
comment on column fax.rejected_message.observed_at is 'When the message arrived, by the observer''s clock.';
comment on column fax.rejected_message.digest is 'SHA-256 of reason and raw, which makes repeats no-ops.';
comment on column fax.rejected_message.collector_id is 'Collector that observed it: an ingestor (its host and the id of its spool) or the importer.';
comment on column fax.rejected_message.reason is 'Why it was rejected.';
comment on column fax.rejected_message.raw is 'The message as received (personal). NUL and bytes that are not UTF-8 appear as \xNN.';
