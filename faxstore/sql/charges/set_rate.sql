-- Sets a price from a moment on: ends the rate that is valid for the same faxes then, and enters a new one. Parameters
-- that are NULL keep the value of that rate, or of one that ends at that moment (without one: 0, and the defaults of the
-- table). The new rate ends when the old one would have, else when a later one for the same faxes starts. Returns the new rate_id. Refuses a second price from
-- the same moment on, and states the one that exists.
-- account_code, called_prefix, direction and server select the faxes; NULL matches any.
-- example: select fax.set_rate(direction => 'sent', per_page => 0.06, valid_from => '2027-01-01 00:00 Europe/Berlin');
create function fax.set_rate(
    account_code text default null, called_prefix text default null, direction text default null, server text default null,
    currency text default null, per_page numeric default null,
    first_seconds integer default null, first_charge numeric default null,
    interval_seconds integer default null, per_interval numeric default null, minimum_charge numeric default null,
    charge_partial text default null, charge_failed text default null, charge_unknown text default null,
    note text default null, valid_from timestamptz default now()
) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    before fax.rate;
    later_from timestamptz;
    made integer;
begin
    if valid_from is null then
        raise exception 'valid_from is null: give the time from which the price is valid' using errcode = 'invalid_parameter_value';
    end if;
    -- Rates for the same faxes do not overlap: only the last one that has started by then can be valid.
    select r.* into before
    from fax.rate r
    where fax.rate_scope(r.account_code, r.called_prefix, r.direction, r.server)
          = fax.rate_scope(set_rate.account_code, set_rate.called_prefix, set_rate.direction, set_rate.server)
      and (r.account_code, r.called_prefix, r.direction, r.server)
          is not distinct from (set_rate.account_code, set_rate.called_prefix, set_rate.direction, set_rate.server)
      and r.valid_from <= set_rate.valid_from
    order by r.valid_from desc
    limit 1
    for update;
    if before.valid_from = valid_from then
        raise exception 'rate % for these faxes is valid from % % already: %; give another valid_from%',
            before.rate_id, before.valid_from, coalesce('to ' || before.valid_to, 'on'), fax.rate_amounts(before),
            case when valid_from > now() then format(', or remove it first: delete from fax.rate where rate_id = %s', before.rate_id) else '' end
            using errcode = 'exclusion_violation';
    end if;
    if before.valid_to < valid_from then
        before := null;
    end if;
    if coalesce(currency, before.currency) is null then
        raise exception 'currency is missing, and no rate for these faxes has one: give it, for example currency => ''EUR'''
            using errcode = 'invalid_parameter_value';
    end if;
    select min(r.valid_from) into later_from
    from fax.rate r
    where fax.rate_scope(r.account_code, r.called_prefix, r.direction, r.server)
          = fax.rate_scope(set_rate.account_code, set_rate.called_prefix, set_rate.direction, set_rate.server)
      and (r.account_code, r.called_prefix, r.direction, r.server)
          is not distinct from (set_rate.account_code, set_rate.called_prefix, set_rate.direction, set_rate.server)
      and r.valid_from > set_rate.valid_from;
    update fax.rate r set valid_to = set_rate.valid_from where r.rate_id = before.rate_id;
    insert into fax.rate (
        account_code, called_prefix, direction, server, currency, per_page, first_seconds, first_charge, interval_seconds,
        per_interval, minimum_charge, charge_partial, charge_failed, charge_unknown, note, valid_from, valid_to)
    values (
        account_code, called_prefix, direction, server,
        coalesce(currency, before.currency),
        coalesce(per_page, before.per_page, 0),
        coalesce(first_seconds, before.first_seconds, 0),
        coalesce(first_charge, before.first_charge, 0),
        coalesce(interval_seconds, before.interval_seconds, 60),
        coalesce(per_interval, before.per_interval, 0),
        coalesce(minimum_charge, before.minimum_charge, 0),
        coalesce(charge_partial, before.charge_partial, 'full'),
        coalesce(charge_failed, before.charge_failed, 'none'),
        coalesce(charge_unknown, before.charge_unknown, 'open'),
        coalesce(note, before.note),
        valid_from,
        coalesce(nullif(before.valid_to, valid_from), later_from))
    returning rate_id into made;
    return made;
end
$$;
