-- grain: one server, with the ingestor that collects from it
-- example: select server, holder, taken_at from fax.lease where expires_at > now();
-- Not history: fax.hold_lease() changes it every few seconds.
create table fax.lease (
    server     text primary key,
    holder     text not null,
    taken_at   timestamptz not null,
    renewed_at timestamptz not null,
    expires_at timestamptz not null
)
-- Leaves room on the page for new versions of the row, so that updates need no new index entries (HOT).
with (fillfactor = 10);

comment on table fax.lease is 'The ingestor that collects from a server; other ingestors for the server are standbys. Not part of the history.';
comment on column fax.lease.server is 'Name of the server in the settings.';
comment on column fax.lease.holder is 'Ingestor that holds the lease, as in collector_id.';
comment on column fax.lease.taken_at is 'When the holder got the lease, by the database''s clock.';
comment on column fax.lease.renewed_at is 'When the holder last renewed it, by the database''s clock.';
comment on column fax.lease.expires_at is 'When it expires unless renewed, by the database''s clock; not after renewed_at if the holder released it.';
