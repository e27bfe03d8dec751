-- grain: one batch of the billing ledger for one consumer, never changed
-- example: select batch, made_at, lines, corrections, pages from fax.export_batch where consumer = 'default' order by batch;
-- A batch covers the positions after those of the previous batch, which a foreign key enforces. If that range is
-- empty, it contains faxes that ended without a row of their own (their server restarted).
create table fax.export_batch (
    consumer           text not null check (consumer ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    batch              bigint not null check (batch >= 1),
    first_position     bigint not null,
    last_position      bigint not null,
    made_at            timestamptz not null default clock_timestamp(),
    lines              bigint not null check (lines >= 1),
    corrections        bigint not null,
    pages              bigint,
    bad_lines          bigint,
    seconds            numeric,
    previous_pages     bigint,
    previous_bad_lines bigint,
    previous_seconds   numeric,
    first_started_at   timestamptz not null,
    last_started_at    timestamptz not null,
    first_ended_at     timestamptz not null,
    last_ended_at      timestamptz not null,
    format             text not null,
    format_version     integer not null,
    sha256             bytea not null check (length(sha256) = 32),
    digest             bytea not null,
    schema_version     text not null,
    checkpoint         text,
    batch_before       bigint check (batch_before is not distinct from nullif(batch - 1, 0)),
    position_before    bigint not null check (position_before = first_position - 1),
    primary key (consumer, batch),
    unique (consumer, batch, last_position),
    foreign key (consumer, batch_before, position_before) references fax.export_batch (consumer, batch, last_position),
    check (batch > 1 or first_position = 1),
    check (last_position >= first_position - 1)
);

comment on table fax.export_batch is 'One batch of the billing ledger: the lines that a consumer received together. Append-only; fax.end_export_batch() adds rows.';
comment on column fax.export_batch.consumer is 'The consumer. Each has its own sequence of batches.';
comment on column fax.export_batch.batch is 'Batch number, from 1 without gaps per consumer.';
comment on column fax.export_batch.first_position is 'First history position covered, one after the last of the previous batch.';
comment on column fax.export_batch.last_position is 'Last history position covered.';
comment on column fax.export_batch.made_at is 'When it was made, by the database''s clock.';
comment on column fax.export_batch.lines is 'Number of lines, new faxes and corrections together.';
comment on column fax.export_batch.corrections is 'Number of lines that supersede an earlier one.';
comment on column fax.export_batch.pages is 'Sum of pages of its lines. NULL if all are unknown.';
comment on column fax.export_batch.bad_lines is 'Sum of bad lines of its lines. NULL if none was measurable.';
comment on column fax.export_batch.seconds is 'Sum of seconds of its lines. NULL if all are unknown.';
comment on column fax.export_batch.previous_pages is 'Sum of pages that its corrections supersede. NULL if all were unknown.';
comment on column fax.export_batch.previous_bad_lines is 'Sum of bad lines that its corrections supersede. NULL if none was measurable.';
comment on column fax.export_batch.previous_seconds is 'Sum of seconds that its corrections supersede. NULL if all were unknown.';
comment on column fax.export_batch.first_started_at is 'Earliest started_at of its lines.';
comment on column fax.export_batch.last_started_at is 'Latest started_at of its lines.';
comment on column fax.export_batch.first_ended_at is 'Earliest ended_at of its lines.';
comment on column fax.export_batch.last_ended_at is 'Latest ended_at of its lines.';
comment on column fax.export_batch.format is 'Format of its file: csv, jsonl or cloudevents. The same in all batches of a consumer.';
comment on column fax.export_batch.format_version is 'Version of the format, which determines columns and their order.';
comment on column fax.export_batch.sha256 is 'SHA-256 of its file as exported.';
comment on column fax.export_batch.digest is 'SHA-256 of the digests of its lines in order. Does not change when personal values are erased.';
comment on column fax.export_batch.schema_version is 'Revision of the schema whose views computed the figures.';
comment on column fax.export_batch.checkpoint is 'Newest checkpoint of the transparency log at that time, as text. NULL if there was none.';
comment on column fax.export_batch.batch_before is 'Previous batch. NULL for the first.';
comment on column fax.export_batch.position_before is 'Last position of the previous batch; 0 for the first.';
