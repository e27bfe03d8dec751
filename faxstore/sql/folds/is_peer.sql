-- Whether a station id or number is a given one, apart from padding: fax.peer_id(name) = peer, in a fraction of the time
-- for a name that does not contain it.
-- example: select count(*) from fax.sessions where fax.is_peer(remote_station_id, '+49 30 5550100');
create function fax.is_peer(name text, peer text) returns boolean
language sql immutable parallel safe
as $$
    select strpos(name, peer) > 0 and fax.peer_id(name) = peer
$$;
