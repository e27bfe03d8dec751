-- grain: one observation of one server
-- example: select observed_at, event, details from fax.server_history where server = 'pbx1' order by observed_at;
create table fax.server_history (
    server       text not null,  -- Name of the server in the settings.
    observed_at  timestamptz not null,  -- Time of the observation, by the observer's clock.
    event        text not null,  -- AMI event or response (FAXStats, FullyBooted, Shutdown, Load, Unload, CoreStatus, CoreSettings), or one of faxstore's own: Connected, Banner, Disconnected, ConnectFailed, Polled (a complete list: the first of a connection, then at most one per minute), PollFailed (the first of consecutive equal ones), Dropped (records observed but lost because a queue was full).
    collector_id text not null,  -- Collector that observed it: an ingestor (its host and the id of its spool) or the importer.
    details      jsonb,  -- Headers as sent. Of faxstore's own events: Reason, LastPolled (the last complete list before), Previous (the complete list before a late one), From, To and Records (what was dropped). NULL if none.
    primary key (server, observed_at, event, collector_id)
);

comment on table fax.server_history is 'Observations of a server rather than of a session: starts, counters (FAXStats), connections and polls. Append-only.';
