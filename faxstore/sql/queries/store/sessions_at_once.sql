-- The most sessions that began within two minutes of the last 7 days. About as many are live at once, because most faxes
-- take one to three minutes.
select coalesce(max(busy.begun), 0)
from (
    select count(*) as begun
    from fax.session
    where started_at > now() - interval '7 days'
    group by date_bin('2 minutes', started_at, 'epoch')
) busy;
