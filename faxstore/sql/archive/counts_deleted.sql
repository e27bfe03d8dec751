-- Whether comparisons of a day (UTC) with a server's counters may count sessions that were deleted. They depend on what
-- happened after the moment `since`, and on faxes that began up to a day before. Such comparisons stay as they were
-- stored, because nothing can compute them again.
-- example: select fax.counts_deleted('2016-12-24', '2016-12-23 23:59+00');
create function fax.counts_deleted(of_day date, since timestamptz) returns boolean
language sql stable parallel safe
begin atomic
    select exists (
        select from fax.dropped_month m
        where m.deleted_at is not null
          and of_day >= m.month
          and (of_day <= (m.month + interval '1 month')::date
               or since < (m.month + interval '1 month' + interval '1 day') at time zone 'UTC'));
end;
