-- The time of which a row Dropped reports that records were lost: from its header From, at most an hour, to the row.
-- example: select fax.dropped_time('2026-11-23 15:00+00', '{"From": "2026-11-23T14:50:00+00:00"}');
create function fax.dropped_time(observed_at timestamptz, details jsonb) returns tstzrange
language sql stable parallel safe
begin atomic
    select tstzrange(
        greatest(observed_at - interval '1 hour', least(observed_at, fax.reported_time(details, 'From'))), observed_at, '[]');
end;
