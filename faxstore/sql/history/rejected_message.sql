-- grain: one message, or part of one, that faxstore could not parse
-- example: select observed_at, reason, convert_from(raw, 'utf8') from fax.rejected_message;
create table fax.rejected_message (
    server       text not null,  -- Name of the server in the settings.
    observed_at  timestamptz not null,  -- When the message arrived, by the observer's clock.
    digest       bytea not null,  -- SHA-256 of reason and raw, which makes repeats no-ops; 16 random bytes if the message was erased.
    collector_id text not null,  -- Collector that observed it: an ingestor (its host and the id of its spool) or the importer.
    reason       text not null,  -- Why it was rejected. Contains nothing from the message.
    raw          bytea not null,  -- The message as received (personal). NUL and bytes that are not UTF-8 appear as \xNN.
    primary key (server, observed_at, digest)
);

comment on table fax.rejected_message is 'Messages, whole or in part, that faxstore could not parse. Append-only.';
