-- grain: one server; which ingestor is to watch it, until when
-- example: select server, holder, taken_at from fax.lease where expires_at > now();
-- Not history: it is changed by fax.hold_lease() alone, every few seconds, by the database's clock.
create table fax.lease (
    server     text primary key,
    holder     text not null,
    taken_at   timestamptz not null,
    renewed_at timestamptz not null,
    expires_at timestamptz not null
)
-- Room on the page for the row's next versions, so that a change makes no new entry of the index.
with (fillfactor = 10);

comment on table fax.lease is 'Which of several ingestors is to watch a server: the others stand by. No part of the history.';
comment on column fax.lease.server is 'Name of the server in the settings.';
comment on column fax.lease.holder is 'Who is to watch it, as in collector_id.';
comment on column fax.lease.taken_at is 'Since when, by the database''s clock.';
comment on column fax.lease.renewed_at is 'When the holder last said that it does.';
comment on column fax.lease.expires_at is 'Until when it does, if it says no more; not after renewed_at: it has left.';
