-- All servers with any record, by name. Reads one index entry per server and table, however long the tables are.
with recursive known (server) as (
    select least(
        (select min(h.server) from fax.server_history h),
        (select min(e.server) from fax.epoch e),
        (select min(r.server) from fax.rejected_messages r))
    union all
    select least(
        (select min(h.server) from fax.server_history h where h.server > k.server),
        (select min(e.server) from fax.epoch e where e.server > k.server),
        (select min(r.server) from fax.rejected_messages r where r.server > k.server))
    from known k
    where k.server is not null
)
select k.server from known k where k.server is not null
union
select r.server from fax.reported_servers() r (server)
order by server;
