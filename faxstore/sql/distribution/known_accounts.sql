-- As in faxstore/sql/folds/known_accounts.sql, reading each row that is not packed.
create or replace function fax.known_accounts() returns setof text
language plpgsql stable
as $$
declare
    of_rows text[] := array(
        select distinct left(o.details ->> 'AccountCode', 100) from fax.observation o
        where o.details ->> 'AccountCode' <> '');
    of_reported text[] := array(select distinct left(r.account_code, 100) from fax.reported_fax r where r.account_code is not null);
begin
    return query
    select r.account from unnest(of_rows || of_reported) r (account)
    union
    select p.account from fax.packed_account p
    order by 1;
end
$$;
