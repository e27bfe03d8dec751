-- Seconds from the last poll during a page to the next poll, the widest of the counted pages. NULL if no poll observed
-- one of them, or if its end is unknown.
-- observed_pages: as in fax.session_fold. pages: how many pages count. ended_at: the end of the session, NULL if unknown.
-- example: select fax.widest_poll_gap(f.observed_pages, f.pages, f.completed_at) from fax.session_fold f where f.session_id = '…';
create function fax.widest_poll_gap(observed_pages fax.observed_page[], pages integer, ended_at timestamptz) returns numeric
language sql immutable parallel safe
begin atomic
    select max(fax.poll_gap_seconds(o, ended_at)) from unnest(observed_pages) o where o.page between 1 and pages;
end;
