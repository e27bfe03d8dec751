-- All servers with any record, by name. Of server_history, which is long, it reads one row per server.
with recursive known (server) as (
    (select h.server from fax.server_history h order by h.server limit 1)
    union all
    select (select h.server from fax.server_history h where h.server > k.server order by h.server limit 1)
    from known k
    where k.server is not null
)
select k.server from known k where k.server is not null
union
select e.server from fax.epoch e
union
select r.server from fax.rejected_messages r
order by 1;
