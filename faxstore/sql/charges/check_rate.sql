-- Trigger of fax.rate: protects past charges, and allows only one rate for the same faxes at a time.
-- Only valid_to of a rate can change. Only fax_owner may enter or end a rate in the past, for a history that exists
-- already. A rate that is not valid yet may be deleted. fax.rate_change records an end and a removal.
create function fax.check_rate() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    other fax.rate;
    may_change_the_past boolean := pg_has_role(current_user, 'fax_owner', 'usage');
begin
    if tg_op = 'DELETE' then
        if old.valid_from <= now() then
            raise exception 'rate % is already valid and cannot be deleted: set its valid_to instead', old.rate_id
                using errcode = 'restrict_violation';
        end if;
        return old;
    end if;
    if tg_op = 'UPDATE' then
        if to_jsonb(new) - 'valid_to' is distinct from to_jsonb(old) - 'valid_to' then
            raise exception 'only valid_to of rate % can be changed: end it and enter a new rate (fax.set_rate does both)', old.rate_id
                using errcode = 'restrict_violation';
        end if;
        if least(new.valid_to, old.valid_to) < now() and not may_change_the_past then
            raise exception 'rate % would change past charges: only fax_owner may do that', old.rate_id
                using errcode = 'insufficient_privilege';
        end if;
    elsif new.valid_from < now() and not may_change_the_past then
        raise exception 'a rate valid from % would change past charges: only fax_owner may enter it',
            new.valid_from using errcode = 'insufficient_privilege';
    end if;
    if fax.minor_digits(new.currency) is null then
        raise exception 'currency % is not a code of ISO 4217 with a minor unit: give one, for example EUR', new.currency
            using errcode = 'check_violation';
    end if;
    if new.valid_to <= new.valid_from then
        raise exception 'valid_to % is not after valid_from %', new.valid_to, new.valid_from using errcode = 'check_violation';
    end if;
    -- Rates for the same faxes do not overlap, so the last one that starts before the new end is the only candidate.
    select r.* into other
    from fax.rate r
    where fax.rate_scope(r.account_code, r.called_prefix, r.direction, r.server)
          = fax.rate_scope(new.account_code, new.called_prefix, new.direction, new.server)
      and (r.account_code, r.called_prefix, r.direction, r.server)
          is not distinct from (new.account_code, new.called_prefix, new.direction, new.server)
      and r.rate_id <> new.rate_id
      and r.valid_from < coalesce(new.valid_to, 'infinity')
    order by r.valid_from desc
    limit 1;
    if other.valid_to > new.valid_from or (found and other.valid_to is null) then
        raise exception 'rate % covers the same faxes from % % (%): end it first (fax.set_rate does), or start the new rate after it',
            other.rate_id, other.valid_from, coalesce('to ' || other.valid_to, 'on'), fax.rate_amounts(other)
            using errcode = 'exclusion_violation';
    end if;
    if tg_op = 'INSERT' then
        new.entered_at := now();
        new.entered_by := session_user;
    end if;
    return new;
end
$$;

create trigger check_rate before insert or update or delete on fax.rate for each row execute function fax.check_rate();
create trigger refuse_truncate before truncate on fax.rate for each statement execute function fax.refuse_change();
