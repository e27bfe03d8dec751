-- A text to search for a number, with the escapes of a URI decoded as far as a number may contain them.
-- example: select fax.without_percent('sip:%2B49%20151%2099999992@example.org');
create function fax.without_percent(value text) returns text
language sql immutable parallel safe
as $$
    select regexp_replace(regexp_replace(regexp_replace(value,
        '%2B', '+', 'gi'),
        '%(20|28|29|2D|2E|2F|C2%A[0D]|E2%80%(8[0-9A-F]|9[0-5]|AF))', ' ', 'gi'),
        '%[0-9A-F]{2}', '|', 'gi')
$$;
