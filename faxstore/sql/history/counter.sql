-- The integer value of a header, for example of FAXStats. NULL if the header is missing or not an integer.
-- Two conditions: a bounded repetition (\d{1,10}) takes twice the time, and reports read millions of counters.
-- example: select fax.counter('{"TransmitAttempts": "7"}', 'TransmitAttempts');
create function fax.counter(details jsonb, name text) returns bigint
language sql immutable parallel safe
as $$
    select case when details ->> name ~ '^-?\d+$' and length(ltrim(details ->> name, '-')) <= 10
                then (details ->> name)::bigint end
$$;
