-- grain: one message of the wire, or part of one, that could not be understood
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

comment on table fax.rejected_message is 'Messages that could not be understood, whole or in part; nothing of the wire is thrown away. Append-only.';
comment on column fax.rejected_message.server is 'Name of the server in the settings.';
comment on column fax.rejected_message.observed_at is 'When it came, by the observer''s clock.';
comment on column fax.rejected_message.digest is 'SHA-256 of reason and raw: makes a repeat a no-op.';
comment on column fax.rejected_message.collector_id is 'Who observed it: the ingestor (its host and the id of its spool), or the import.';
comment on column fax.rejected_message.reason is 'What is wrong with it.';
comment on column fax.rejected_message.raw is 'The message as it came (personal); bytes that are not UTF-8 and NUL written \xNN.';
