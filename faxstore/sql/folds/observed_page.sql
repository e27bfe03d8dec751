-- grain: one page of one session, as polls observed it: an element of observed_pages in fax.session_fold
-- example: select p.page, p.bad_lines from fax.session_fold f, unnest(f.observed_pages) p where f.session_id = '…';
create type fax.observed_page as (
    page                integer,  -- Page number, from 1; one past the last page once all are done.
    attempts            bigint,  -- How often it was sent, as far as bad lines show it.
    first_seen_at       timestamptz,  -- First snapshot of the page.
    last_seen_at        timestamptz,  -- Last snapshot of the page.
    next_seen_at        timestamptz,  -- First snapshot of a later page. NULL if none.
    first_measured_at   timestamptz,  -- First snapshot of the page after negotiation. NULL if none.
    bad_lines           integer,  -- Last TotalBadLines of the accepted attempt, lines. NULL if not reported.
    bad_lines_discarded bigint,  -- Last TotalBadLines of each attempt that was sent again, together, lines. NULL if not reported.
    data_rate           integer,  -- Last rate during the page, bit/s. NULL if not measured.
    y_resolution        integer  -- Last vertical resolution during the page, pixels per metre. NULL if not measured.
);

comment on type fax.observed_page is 'One page of one session as polls observed it, in fax.session_fold.';
