-- A number among the headers of an answer, FAXStats say. NULL: none, or no number.
-- example: select fax.counter('{"TransmitAttempts": "7"}', 'TransmitAttempts');
create function fax.counter(details jsonb, name text) returns bigint
language sql immutable parallel safe
as $$
    select case when details ->> name ~ '^-?\d{1,10}$' then (details ->> name)::bigint end
$$;

comment on function fax.counter(jsonb, text) is 'A number among the headers of an answer; NULL where there is none.';
