-- grain: one life of one server's fax registry (one load of res_fax.so), the scope of a SessionNumber
-- example: select server, started_at, reload_ordinal from fax.epoch order by first_seen_at;
create table fax.epoch (
    epoch_id       uuid primary key,
    server         text not null,
    started_at     timestamptz,
    startup_text   text,
    reloaded_at    timestamptz,
    reload_ordinal integer not null default 0,
    first_seen_at  timestamptz not null,
    last_seen_at   timestamptz not null
);

create index epoch_server on fax.epoch (server, first_seen_at);

comment on table fax.epoch is 'One life of a server''s fax registry. SessionNumber restarts at 0 in each. Starts within 2 s on one server are one epoch.';
comment on column fax.epoch.epoch_id is 'Identity of the epoch: a UUIDv5 of server and start.';
comment on column fax.epoch.server is 'Name of the server in the settings.';
comment on column fax.epoch.started_at is 'Start of the server, computed from Uptime of FullyBooted; accurate to about 1 s. NULL if not reported.';
comment on column fax.epoch.startup_text is 'CoreStartupDate and CoreStartupTime of CoreStatus, in the server''s local time, as sent. NULL if not reported.';
comment on column fax.epoch.reloaded_at is 'When res_fax.so was reloaded within this start. NULL for the first load, or if the reload was not observed.';
comment on column fax.epoch.reload_ordinal is 'Number of known reloads of res_fax.so within this start up to this epoch; 0 for the first load.';
comment on column fax.epoch.first_seen_at is 'First observation in this epoch, by the observer''s clock.';
comment on column fax.epoch.last_seen_at is 'Latest observation in this epoch, by the observer''s clock.';
