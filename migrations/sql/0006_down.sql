-- Faxes have no price; rates that were entered are not thrown away.
do $$
begin
    if exists (select 1 from fax.rate) then
        raise exception 'downgrade refused: it would drop rates (fax.rate) that are not empty';
    end if;
end
$$;

drop view fax.session_charges;
drop table fax.rate;
drop function fax.minor_digits(text), fax.check_rate(),
    fax.set_rate(text, text, text, text, text, numeric, integer, numeric, integer, numeric, numeric, text, text, text, text, timestamptz);
revoke usage on schema fax from fax_billing;
