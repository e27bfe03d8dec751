-- grain: one fax session; what names it and does not change, so that its rows of the history need not repeat it
-- example: select session_id, started_at from fax.session where server = 'pbx1' and session_number = 7;
create table fax.session (
    session_id     uuid primary key,
    started_at     timestamptz not null,
    session_number bigint,
    epoch_id       uuid not null references fax.epoch,
    is_open        boolean not null default true,
    server         text not null,
    operation      text,
    channel        text,
    uniqueid       text,
    technology     text
);

create index session_started on fax.session (started_at);
create index session_server_started on fax.session (server, started_at);
-- Names come from the wire and may be of any length; an index entry may not.
create index session_channel on fax.session (epoch_id, left(channel, 100), started_at);
create index session_uniqueid on fax.session (server, left(uniqueid, 100));
create index session_open on fax.session (epoch_id) where is_open;

comment on table fax.session is 'One fax session: its identity. Kept by fax.append(); what happened in it stands in fax.session_history.';
comment on column fax.session.session_id is 'Identity: a UUIDv5 of server, epoch and SessionNumber; of a fax known only from its events: of server, Uniqueid, application and ordinal.';
comment on column fax.session.started_at is 'First observation of the session that was appended, by the observer''s clock; names the partition of its rows.';
comment on column fax.session.session_number is 'SessionNumber within the epoch. NULL: never listed, known only from its events.';
comment on column fax.session.epoch_id is 'The epoch in which SessionNumber counts.';
comment on column fax.session.is_open is 'No end was appended yet: neither a completion event nor an absence from a complete list. A hint for the appender; the views fold the history.';
comment on column fax.session.server is 'Name of the server in the settings.';
comment on column fax.session.operation is 'Operation as first told: send, receive, gateway, V.21 or none. NULL: not told.';
comment on column fax.session.channel is 'Channel name as first told (personal: may hold a number). NULL: not told.';
comment on column fax.session.uniqueid is 'Uniqueid of the channel as first told by an event. NULL: not told.';
comment on column fax.session.technology is 'Technology of the list entry, for example Spandsp. NULL: not told.';
