-- All account codes on record, in order, each up to its first 100 characters. Reads one entry of the index
-- session_history_account per code and partition.
with recursive known (account) as (
    select min(left(h.details ->> 'AccountCode', 100))
    from fax.session_history h
    where h.details ->> 'AccountCode' <> ''
    union all
    select (
        select min(left(h.details ->> 'AccountCode', 100))
        from fax.session_history h
        where h.details ->> 'AccountCode' <> '' and left(h.details ->> 'AccountCode', 100) > k.account)
    from known k
    where k.account is not null
)
select k.account from known k where k.account is not null order by k.account;
