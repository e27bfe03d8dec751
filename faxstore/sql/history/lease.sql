-- grain: one server, with the ingestor that collects from it
-- example: select server, holder, taken_at from fax.lease where expires_at > now();
-- Not history: fax.hold_lease() changes it every few seconds.
create table fax.lease (
    server     text primary key,  -- Name of the server in the settings.
    holder     text not null,  -- Ingestor that holds the lease, as in collector_id.
    taken_at   timestamptz not null,  -- When the holder got the lease, by the database's clock.
    renewed_at timestamptz not null,  -- When the holder last renewed it, by the database's clock.
    expires_at timestamptz not null  -- When it expires unless renewed, by the database's clock; not after renewed_at if the holder released it.
)
-- Leaves room on the page for new versions of the row, so that updates need no new index entries (HOT).
with (fillfactor = 10);

comment on table fax.lease is 'The ingestor that collects from a server; other ingestors for the server are standbys. Not part of the history.';
