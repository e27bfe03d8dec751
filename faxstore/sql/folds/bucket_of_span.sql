-- The bucket of a time zone that contains a span of time, from its first to its last moment. NULL if the span is not
-- within the period or not within one bucket. A span in which the clock of the zone is changed counts as not within one:
-- the clock may go back across the start of a day.
-- Postgres replaces a call of this function by its body.
-- example: select fax.bucket_of_span('2026-11-01 06:00+00', '2026-11-01 07:59+00', '-infinity', 'infinity', 'UTC', 'day');
create function fax.bucket_of_span(
    first_at timestamptz, last_at timestamptz, from_at timestamptz, to_at timestamptz, time_zone text, bucket text
) returns timestamptz
language sql stable parallel safe
begin atomic
    select case
        when first_at >= from_at and last_at < to_at
         and date_trunc(bucket, first_at, time_zone) = date_trunc(bucket, last_at, time_zone)
         and (first_at at time zone time_zone) + (last_at - first_at) = last_at at time zone time_zone
        then date_trunc(bucket, first_at, time_zone) end;
end;
