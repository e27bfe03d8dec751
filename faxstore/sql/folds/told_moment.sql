-- A moment that an observer told in the details of its own event, as faxstore writes it (ISO 8601, UTC).
-- Any other text is NULL, never an error: what a view reads must not be able to break it.
-- example: select fax.told_moment('{"LastPolled": "2026-11-23T14:17:54.123456+00:00"}', 'LastPolled');
create function fax.told_moment(details jsonb, name text) returns timestamptz
language sql stable parallel safe
begin atomic
    select case when details ->> name ~ '^20\d\d-(0[1-9]|1[0-2])-[0-3]\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?\+00:00$'
                -- by the first of the month, for a day that the month does not have would be an error
                then (left(details ->> name, 8) || '01' || substr(details ->> name, 11))::timestamptz
                     + (substr(details ->> name, 9, 2)::integer - 1) * interval '24 hours' end;
end;

comment on function fax.told_moment(jsonb, text) is 'A moment that an observer told in the details of its own event; NULL where there is none.';
