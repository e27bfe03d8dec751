-- grain: one observation of one server
-- example: select observed_at, event, details from fax.server_history where server = 'pbx1' order by observed_at;
create table fax.server_history (
    server       text not null,
    observed_at  timestamptz not null,
    event        text not null,
    collector_id text not null,
    details      jsonb,
    primary key (server, observed_at, event, collector_id)
);

comment on table fax.server_history is 'Observations of a server rather than of a session: starts, counters (FAXStats), connections and polls. Append-only.';
comment on column fax.server_history.server is 'Name of the server in the settings.';
comment on column fax.server_history.observed_at is 'Time of the observation, by the observer''s clock.';
comment on column fax.server_history.event is 'AMI event or response (FAXStats, FullyBooted, Shutdown, Load, Unload, CoreStatus, CoreSettings), or one of faxstore''s own: Connected, Banner, Disconnected, ConnectFailed, Polled (a complete list: the first of a connection, then at most one per minute), PollFailed (the first of consecutive equal ones), Dropped (records observed but lost because a queue was full).';
comment on column fax.server_history.collector_id is 'Collector that observed it: an ingestor (its host and the id of its spool) or the importer.';
comment on column fax.server_history.details is 'Headers as sent. Of faxstore''s own events: Reason, LastPolled (the last complete list before), Previous (the complete list before a late one), From, To and Records (what was dropped). NULL if none.';
