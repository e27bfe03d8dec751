-- All account codes on record, in order, each up to its first 100 characters. Of rows that are not packed, reads one entry
-- of the index observation_account per code and partition.
-- example: select * from fax.known_accounts();
create function fax.known_accounts() returns setof text
language sql stable
begin atomic
    with recursive known (account) as (
        select min(left(h.details ->> 'AccountCode', 100)) as account
        from fax.observation h
        where h.details ->> 'AccountCode' <> ''
        union all
        select (
            select min(left(h.details ->> 'AccountCode', 100))
            from fax.observation h
            where h.details ->> 'AccountCode' <> '' and left(h.details ->> 'AccountCode', 100) > k.account)
        from known k
        where k.account is not null
    )
    select k.account from known k where k.account is not null
    union
    select p.account as account from fax.packed_account p
    union
    select left(r.account_code, 100) as account from fax.reported_fax r where r.account_code is not null
    order by account;
end;
