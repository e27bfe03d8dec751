-- Seconds from the last poll during a page to the next poll during a later one, or to the end of its session. NULL if
-- its end is unknown, or if two observers' clocks reverse them.
-- example: select fax.poll_gap_seconds(p, f.completed_at) from fax.session_facts f, unnest(f.observed_pages) p where f.session_id = '…';
create function fax.poll_gap_seconds(page fax.observed_page, ended_at timestamptz) returns numeric
language sql immutable parallel safe
as $$
    select case when coalesce((page).next_seen_at, ended_at) >= (page).last_seen_at
                then extract(epoch from coalesce((page).next_seen_at, ended_at) - (page).last_seen_at) end
$$;
