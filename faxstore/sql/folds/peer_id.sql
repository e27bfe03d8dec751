-- A station id or number without padding, by which the faxes of one peer are found (fax.without_padding).
-- Most have none, which their first and last character show without a regular expression, in a twentieth of the time.
-- example: select fax.peer_id('+49 30 5550100 ');
create function fax.peer_id(name text) returns text
language sql immutable parallel safe
as $$
    select case when ascii(name) between 33 and 126 and ascii(right(name, 1)) between 33 and 126 and strpos(name, '\') = 0
                then name else fax.without_padding(name) end
$$;
