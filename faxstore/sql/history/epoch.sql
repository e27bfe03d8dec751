-- grain: one life of one server's fax registry (one load of res_fax.so), the scope of a SessionNumber
-- example: select server, started_at, reload_ordinal from fax.epoch order by first_seen_at;
create table fax.epoch (
    epoch_id       uuid primary key,  -- Identity of the epoch: a UUIDv5 of server and start.
    server         text not null,  -- Name of the server in the settings.
    started_at     timestamptz,  -- Start of the server, computed from Uptime of FullyBooted; accurate to about 1 s. NULL if not reported.
    startup_text   text,  -- CoreStartupDate and CoreStartupTime of CoreStatus, in the server's local time, as sent. NULL if not reported.
    reloaded_at    timestamptz,  -- When res_fax.so was reloaded within this start. NULL for the first load, or if the reload was not observed.
    reload_ordinal integer not null default 0,  -- Number of known reloads of res_fax.so within this start up to this epoch; 0 for the first load.
    first_seen_at  timestamptz not null,  -- First observation in this epoch, by the observer's clock.
    last_seen_at   timestamptz not null,  -- Latest observation in this epoch, by the observer's clock.
    known_after    bigint not null default 0,  -- Last position of the history when the epoch was added.
    ended_before   integer not null default 0,  -- Number of ended_sessions of the epochs that were added at the same position before it.
    ended_sessions uuid[] not null default '{}'  -- Sessions of earlier lives that were open until the epoch was added, in the order of their start: this life ended them. faxstore follow reports the first of them at position known_after, ordinal ended_before + 1.
);

create index epoch_server on fax.epoch (server, first_seen_at);
create index epoch_known on fax.epoch (known_after) where ended_sessions <> '{}';

comment on table fax.epoch is 'One life of a server''s fax registry. SessionNumber restarts at 0 in each. Starts within 2 s on one server are one epoch.';
