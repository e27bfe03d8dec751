-- A 64-bit hash of the faxes that a rate is for; NULL is a value like any other. Two rates with different hashes are
-- for different faxes, so an index on it finds the rates for the same ones however many rates there are.
-- example: select rate_id from fax.rate where fax.rate_scope(account_code, called_prefix, direction, server) = fax.rate_scope('law', null, 'sent', null);
create function fax.rate_scope(account_code text, called_prefix text, direction text, server text) returns bigint
language sql immutable parallel safe
as $$
    select hash_array_extended(array[account_code, called_prefix, direction, server], 0)
$$;
