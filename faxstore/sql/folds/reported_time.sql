-- A timestamp in the details of one of faxstore's own events (ISO 8601, UTC).
-- Any other text is NULL, never an error: the content of a row must not break a view.
-- example: select fax.reported_time('{"LastPolled": "2026-11-23T14:17:54.123456+00:00"}', 'LastPolled');
create function fax.reported_time(details jsonb, name text) returns timestamptz
language sql stable parallel safe
begin atomic
    select case when details ->> name ~ '^20\d\d-(0[1-9]|1[0-2])-[0-3]\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?\+00:00$'
                -- computed from the first of the month: casting a day that the month does not have would fail
                then (left(details ->> name, 8) || '01' || substr(details ->> name, 11))::timestamptz
                     + (substr(details ->> name, 9, 2)::integer - 1) * interval '24 hours' end;
end;
