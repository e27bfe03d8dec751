-- grain: one server of which a poll is on record
-- example: select server, first_polled_at from fax.polled_servers order by server;
-- Reads one index entry per server, however long the history is.
create view fax.polled_servers as
with recursive known (server) as (
    select min(h.server) as server from fax.server_history h
    union all
    select (select min(h.server) from fax.server_history h where h.server > k.server) as server
    from known k
    where k.server is not null
)
select
    k.server,  -- Name of the server in the settings.
    p.first_polled_at  -- Time of its first recorded poll, by the observer's clock.
from known k
cross join lateral (
    select min(h.observed_at) as first_polled_at from fax.server_history h where h.server = k.server and h.event = 'Polled'
) p
where p.first_polled_at is not null;

comment on view fax.polled_servers is 'One server that was polled at least once. Its gaps (fax.coverage_gaps) begin with its first poll.';
