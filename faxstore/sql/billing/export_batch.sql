-- grain: one batch of the billing ledger for one consumer, never changed
-- example: select batch, made_at, lines, corrections, pages from fax.export_batch where consumer = 'default' order by batch;
-- A batch covers the positions after those of the previous batch, which a foreign key enforces. If that range is
-- empty, it contains faxes that ended without a row of their own (their server restarted).
create table fax.export_batch (
    consumer           text not null check (consumer ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),  -- The consumer. Each has its own sequence of batches.
    batch              bigint not null check (batch >= 1),  -- Batch number, from 1 without gaps per consumer.
    first_position     bigint not null,  -- First history position covered, one after the last of the previous batch.
    last_position      bigint not null,  -- Last history position covered.
    made_at            timestamptz not null default clock_timestamp(),  -- When it was made, by the database's clock.
    lines              bigint not null check (lines >= 1),  -- Number of lines, new faxes and corrections together.
    corrections        bigint not null,  -- Number of lines that supersede an earlier one.
    pages              bigint,  -- Sum of pages of its lines. NULL if all are unknown.
    bad_lines          bigint,  -- Sum of bad lines of its lines. NULL if none was measurable.
    seconds            numeric,  -- Sum of seconds of its lines. NULL if all are unknown.
    previous_pages     bigint,  -- Sum of pages that its corrections supersede. NULL if all were unknown.
    previous_bad_lines bigint,  -- Sum of bad lines that its corrections supersede. NULL if none was measurable.
    previous_seconds   numeric,  -- Sum of seconds that its corrections supersede. NULL if all were unknown.
    first_started_at   timestamptz not null,  -- Earliest started_at of its lines.
    last_started_at    timestamptz not null,  -- Latest started_at of its lines.
    first_ended_at     timestamptz not null,  -- Earliest ended_at of its lines.
    last_ended_at      timestamptz not null,  -- Latest ended_at of its lines.
    format             text not null,  -- Format of its file: csv, jsonl or cloudevents. The same in all batches of a consumer.
    format_version     integer not null,  -- Version of the format, which determines columns and their order.
    sha256             bytea not null check (length(sha256) = 32),  -- SHA-256 of its file as exported.
    digest             bytea not null,  -- SHA-256 of the digests of its lines in order. Does not change when personal values are erased.
    schema_version     text not null,  -- Revision of the schema whose views computed the figures.
    checkpoint         text,  -- Newest checkpoint of the transparency log at that time, as text. NULL if there was none.
    batch_before       bigint check (batch_before is not distinct from nullif(batch - 1, 0)),  -- Previous batch. NULL for the first.
    manifest           text,  -- The delivered manifest, if the batch was restored from it because the database had lost it. NULL otherwise.
    restored_after     bigint check ((restored_after is null) = (manifest is null)),  -- Last history position when it was restored. Rows of its faxes may be missing up to there. NULL otherwise.
    position_before    bigint not null check (position_before = first_position - 1),  -- Last position of the previous batch; 0 for the first.
    primary key (consumer, batch),
    unique (consumer, batch, last_position),
    foreign key (consumer, batch_before, position_before) references fax.export_batch (consumer, batch, last_position),
    check (batch > 1 or first_position = 1),
    check (last_position >= first_position - 1)
);

comment on table fax.export_batch is 'One batch of the billing ledger: the lines that a consumer received together. Append-only; fax.end_export_batch() adds rows.';
