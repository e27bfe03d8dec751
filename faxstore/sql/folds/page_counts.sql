-- grain: the counted pages of one session, together
-- example: select f.bad_lines, f.timed_pages, f.page_seconds from fax.session_fold f where f.session_id = '…';
-- fax.session_fold computes it in one pass over observed_pages.
create type fax.page_counts as (
    bad_lines            bigint,  -- Bad lines of the accepted attempts. NULL if not reported.
    bad_lines_discarded  bigint,  -- Bad lines of the attempts that were sent again. NULL if not reported.
    worst_page_bad_lines integer,  -- Most bad lines of an accepted attempt. NULL if not reported.
    measurable_pages     integer,  -- Pages of which a poll reported bad lines.
    error_free_pages     integer,  -- Pages without bad lines, of these.
    lines_estimated      bigint,  -- Estimated lines (fax.page_lines) of these, as far as their resolution is measured.
    resent_pages         integer,  -- Pages that were sent more than once.
    timed_pages          integer,  -- Pages whose start and end polls observed.
    page_seconds         numeric  -- Seconds of these pages together. NULL if there are none.
);

comment on type fax.page_counts is 'The counted pages of one session together, in fax.session_fold.';
