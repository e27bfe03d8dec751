-- A number or station id with all but its last two characters replaced by *. Values shorter than six are masked whole.
-- example: select fax.masked('+1 555 0100');
create function fax.masked(value text) returns text
language sql immutable parallel safe
as $$
    select case when length(value) < 6 then repeat('*', length(value)) else repeat('*', length(value) - 2) || right(value, 2) end
$$;
