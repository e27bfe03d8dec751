-- grain: one fax session: what identifies it and does not change, so that history rows need not repeat it
-- example: select session_id, started_at from fax.session where server = 'pbx1' and session_number = 7;
create table fax.session (
    session_id     uuid primary key,  -- Identity: a UUIDv5 of server, epoch and SessionNumber; of a fax known only from its events, of server, Uniqueid, application and ordinal.
    started_at     timestamptz not null,  -- First appended observation of the session, by the observer's clock. Determines the partition of its rows.
    session_number bigint,  -- SessionNumber within the epoch. NULL if the fax is known only from its events.
    epoch_id       uuid not null references fax.epoch,  -- Epoch in which SessionNumber counts.
    is_open        boolean not null default true,  -- True until a completion event or an absence from a complete list is appended. A hint for the appender; the views do not use it as evidence.
    is_fax         boolean not null default true,  -- False: a call that ran no fax, whose dialplan set fax variables. No view shows it.
    server         text not null,  -- Name of the server in the settings.
    operation      text,  -- Operation as first reported: send, receive, gateway, V.21 or none. NULL if not reported.
    channel        text,  -- Channel name as first reported (personal: may contain a number). NULL if not reported.
    uniqueid       text,  -- Uniqueid of the channel as first reported by an event. NULL if not reported.
    technology     text  -- Technology of the list entry, for example Spandsp. NULL if not reported.
);

create index session_started on fax.session (started_at);
create index session_server_started on fax.session (server, started_at);
-- Names from the wire can be of any length; index entries cannot.
create index session_channel on fax.session (epoch_id, left(channel, 100), started_at);
create index session_uniqueid on fax.session (left(uniqueid, 100));
create index session_open on fax.session (epoch_id) where is_open;

comment on table fax.session is 'Identity of one fax session, maintained by fax.append(). Its observations are in fax.session_history.';
