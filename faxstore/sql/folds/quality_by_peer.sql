-- grain: one remote station or number, with one transport and ECM setting
-- example: select peer, bad_line_ratio_estimated, measurable_pages from fax.quality_by_peer where measurable_pages >= 10 order by 2 desc;
-- Covers the whole history. For a period use fax.quality(), which reads only that period.
create view fax.quality_by_peer as
select
    q.peer,
    q.transport,
    q.error_correction_mode,
    q.sessions,
    q.pages,
    q.measurable_pages,
    q.error_free_page_rate,
    q.bad_lines,
    q.bad_line_ratio_estimated,
    q.resent_pages,
    q.seconds_per_page,
    q.rate_falls,
    q.rate_fall_rate,
    q.cut_off_rate,
    q.not_measurable_rate,
    q.successes,
    q.failures,
    q.unknown_ends
from fax.quality('-infinity', 'infinity', 'UTC') q;

comment on view fax.quality_by_peer is 'Quality of faxes with one remote station or number, by transport and ECM. Ratios exclude what is not measurable.';
comment on column fax.quality_by_peer.peer is 'Station id of the other end, else its number: the caller''s of a received fax, the called one otherwise (personal). NULL if neither is known.';
comment on column fax.quality_by_peer.transport is 'G.711 or T.38. NULL if not reported.';
comment on column fax.quality_by_peer.error_correction_mode is 'Whether ECM is in use. NULL if never negotiated or not reported.';
comment on column fax.quality_by_peer.sessions is 'Sessions, without detectors.';
comment on column fax.quality_by_peer.pages is 'Pages of these sessions. NULL if none of them reported pages.';
comment on column fax.quality_by_peer.measurable_pages is 'Pages with measurable bad lines: received without ECM.';
comment on column fax.quality_by_peer.error_free_page_rate is 'Pages without bad lines divided by measurable_pages, a ratio. NULL if none is measurable.';
comment on column fax.quality_by_peer.bad_lines is 'Bad lines on the measurable pages. NULL if none is measurable.';
comment on column fax.quality_by_peer.bad_line_ratio_estimated is 'Bad lines divided by the estimated lines of the measurable pages (A4), a ratio. NULL if none is measurable.';
comment on column fax.quality_by_peer.resent_pages is 'Pages that were sent more than once, as far as bad lines show it.';
comment on column fax.quality_by_peer.seconds_per_page is 'Seconds per page, over the pages whose start and end polls observed. With ECM, bad lines show here as longer pages. NULL if there are none.';
comment on column fax.quality_by_peer.rate_falls is 'How often the rate fell.';
comment on column fax.quality_by_peer.rate_fall_rate is 'Sessions in which the rate fell divided by sessions that negotiated one, a ratio. NULL if none did.';
comment on column fax.quality_by_peer.cut_off_rate is 'Failed sessions divided by sessions with a known result, among those that negotiated a rate, a ratio. NULL if there are none.';
comment on column fax.quality_by_peer.not_measurable_rate is 'Share of pages without measurable bad lines, a ratio. NULL if there are no pages.';
comment on column fax.quality_by_peer.successes is 'Sessions with result success.';
comment on column fax.quality_by_peer.failures is 'Sessions with result failed.';
comment on column fax.quality_by_peer.unknown_ends is 'Sessions without a result on the wire, including open ones.';
