-- Requests the leases of several servers. All ingestors must pass the servers in the same order.
select s.server, h.holds, h.held_by, h.seconds_left, h.left_by, h.silent_since
from unnest(%(servers)s::text[]) s (server)
cross join lateral fax.hold_lease(s.server, %(holder)s, %(seconds)s) h
