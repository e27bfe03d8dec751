-- grain: one remote station or number, with one transport and ECM setting
-- example: select peer, bad_line_ratio_estimated, measurable_pages from fax.quality_by_peer where measurable_pages >= 10 order by 2 desc;
-- Covers the whole history. For a period use fax.quality(), which reads only that period.
create view fax.quality_by_peer as
select
    q.peer,  -- Station id of the other end, else its number: the caller's of a received fax, the called one otherwise; without padding (fax.peer) (personal); erased: and a pseudonym if it was erased from all faxes of the row. NULL if neither is known.
    q.transport,  -- G.711 or T.38. NULL if not reported.
    q.error_correction_mode,  -- Whether ECM is in use. NULL if never negotiated or not reported.
    q.sessions,  -- Sessions, without detectors.
    q.pages,  -- Pages of these sessions. NULL if none of them reported pages.
    q.measurable_pages,  -- Pages with measurable bad lines: received without ECM.
    q.error_free_page_rate,  -- Pages without bad lines divided by measurable_pages, a ratio. NULL if none is measurable.
    q.bad_lines,  -- Bad lines on the measurable pages. NULL if none is measurable.
    q.bad_line_ratio_estimated,  -- Bad lines divided by the estimated lines of the measurable pages (A4), a ratio. NULL if none is measurable.
    q.resent_pages,  -- Pages that were sent more than once, as far as bad lines show it.
    q.seconds_per_page,  -- Seconds per page, over the pages whose start and end polls observed. With ECM, bad lines show here as longer pages. NULL if there are none.
    q.rate_falls,  -- How often the rate fell. NULL if no poll measured it.
    q.rate_fall_rate,  -- Sessions in which the rate fell divided by sessions that negotiated one, a ratio. NULL if none did.
    q.cut_off_rate,  -- Failed sessions divided by sessions with a known result, among those that negotiated a rate, a ratio. NULL if there are none.
    q.not_measurable_rate,  -- Share of pages without measurable bad lines, a ratio. NULL if there are no pages.
    q.successes,  -- Sessions with result success.
    q.failures,  -- Sessions with result failed.
    q.unknown_ends  -- Sessions without a result on the wire, including open ones.
from fax.quality('-infinity', 'infinity', 'UTC') q;

comment on view fax.quality_by_peer is 'Quality of faxes with one remote station or number, by transport and ECM. Ratios exclude what is not measurable.';
