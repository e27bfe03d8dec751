-- Whether there is an interval without a good poll between two moments. False if the first moment is the later one.
-- example: select fax.has_gap('pbx1', '2026-11-23 14:00+00', '2026-11-23 14:05+00');
create function fax.has_gap(of_server text, since timestamptz, until timestamptz) returns boolean
language sql stable parallel safe
begin atomic
    select since <= until
           and not fax.covered_time(of_server, since, until) @> case when since <= until then tstzrange(since, until, '[]') end;
end;
