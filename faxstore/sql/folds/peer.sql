-- The other end of a fax: its station id, else its number (the caller's of a received fax, the called one otherwise),
-- both without padding (fax.peer_id). NULL if neither is known.
-- example: select fax.peer(direction, remote_station_id, caller_number, called_number) from fax.sessions;
create function fax.peer(direction text, remote_station_id text, caller_number text, called_number text) returns text
language sql immutable parallel safe
as $$
    select coalesce(fax.peer_id(remote_station_id),
                    fax.peer_id(case direction when 'received' then caller_number else called_number end))
$$;
