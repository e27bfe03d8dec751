-- Whether a receiver may have counted more bad lines than polls observed: a page was in no poll, or a gap between polls
-- exceeds 0.85 s, the shortest pause between the last line of a page and the next page (T.30, preamble). NULL if the
-- number of pages is unknown.
-- Parameters as of fax.widest_poll_gap().
-- example: select fax.may_miss_bad_lines(f.observed_pages, f.pages, f.completed_at) from fax.session_fold f where f.session_id = '…';
create function fax.may_miss_bad_lines(observed_pages fax.observed_page[], pages integer, ended_at timestamptz) returns boolean
language sql immutable parallel safe
begin atomic
    select coalesce(max(g.seconds) > 0.85 or count(g.seconds) < pages, pages > 0)
    from unnest(observed_pages) o
    cross join lateral (select fax.poll_gap_seconds(o, ended_at) as seconds) g
    where o.page between 1 and pages;
end;
