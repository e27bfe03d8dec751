-- Whether a row of the history or a reported fax has an account code, by its first 100 characters. Reads one entry of the index
-- observation_account per partition, and fax.packed_account.
-- Runs with the rights of the owner, because fax_masked may filter by account but reads no history.
-- example: select fax.has_account('law');
create function fax.has_account(account text) returns boolean
language sql stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select left(has_account.account, 100) is not distinct from (
        select min(left(h.details ->> 'AccountCode', 100))
        from fax.observation h
        where h.details ->> 'AccountCode' <> ''
          and left(h.details ->> 'AccountCode', 100) >= left(has_account.account, 100))
        or exists (select 1 from fax.packed_account p where p.account = left(has_account.account, 100))
        or exists (select 1 from fax.reported_fax r where r.account_code = has_account.account);
end;
