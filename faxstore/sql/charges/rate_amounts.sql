-- The amounts of a rate that are not 0, in words: 0.03 EUR for the first 60 s, 0.002 EUR per 6 s, at least 0.05 EUR.
-- example: select rate_id, fax.rate_amounts(r) from fax.rate r where valid_to is null;
create function fax.rate_amounts(rate fax.rate) returns text
language sql immutable parallel safe
as $$
    select coalesce(
        nullif(concat_ws(', ',
            case when rate.per_page > 0 then format('%s %s per page', rate.per_page, rate.currency) end,
            case when rate.first_charge > 0 then format('%s %s for the first %s s', rate.first_charge, rate.currency, rate.first_seconds) end,
            case when rate.per_interval > 0 then format('%s %s per %s s', rate.per_interval, rate.currency, rate.interval_seconds) end,
            case when rate.minimum_charge > 0 then format('at least %s %s', rate.minimum_charge, rate.currency) end), ''),
        format('0 %s', rate.currency))
$$;
