-- Those of the given account codes that are not on record, by their first 100 characters. Reads one entry of the index
-- observation_account per code and partition: the first one that is not smaller.
select a.account
from unnest(%(accounts)s::text[]) as a (account)
where left(a.account, 100) is distinct from (
    select min(left(h.details ->> 'AccountCode', 100))
    from fax.observation h
    where h.details ->> 'AccountCode' <> '' and left(h.details ->> 'AccountCode', 100) >= left(a.account, 100))
  and not exists (select from fax.packed_account p where p.account = left(a.account, 100));
