-- grain: one station or number at the other end, with one transport and ECM setting
-- example: select peer, bad_line_ratio_estimated, measurable_pages from fax.quality_by_peer where measurable_pages >= 10 order by 2 desc;
-- Of the whole history; for a period ask fax.quality(), which reads only that period.
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

comment on view fax.quality_by_peer is 'How faxes with one station or number went, by transport and ECM. What cannot be measured is left out of a ratio.';
comment on column fax.quality_by_peer.peer is 'Station id of the other end, else its number: who called, or who was called (personal). NULL: neither is known.';
comment on column fax.quality_by_peer.transport is 'G.711 or T.38. NULL: not told.';
comment on column fax.quality_by_peer.error_correction_mode is 'ECM in use. NULL: never negotiated, or not told.';
comment on column fax.quality_by_peer.sessions is 'Sessions, detectors apart.';
comment on column fax.quality_by_peer.pages is 'Pages of them. NULL: told of none.';
comment on column fax.quality_by_peer.measurable_pages is 'Pages whose bad lines could be measured: received without ECM.';
comment on column fax.quality_by_peer.error_free_page_rate is 'Pages without a bad line by measurable_pages, a ratio. NULL: none was measurable.';
comment on column fax.quality_by_peer.bad_lines is 'Bad lines in the measurable pages. NULL: none was measurable.';
comment on column fax.quality_by_peer.bad_line_ratio_estimated is 'Bad lines by the estimated lines of the measurable pages (A4), a ratio. NULL: none was measurable.';
comment on column fax.quality_by_peer.resent_pages is 'Pages that were sent more than once, as far as bad lines show it.';
comment on column fax.quality_by_peer.seconds_per_page is 'Seconds a page, over the pages whose start and end polls saw. With ECM this is where a bad line shows. NULL: there is none.';
comment on column fax.quality_by_peer.rate_falls is 'How often the rate fell.';
comment on column fax.quality_by_peer.rate_fall_rate is 'Sessions in which the rate fell by sessions that negotiated one, a ratio. NULL: none did.';
comment on column fax.quality_by_peer.cut_off_rate is 'Failed sessions by sessions with a known result, of those that negotiated a rate, a ratio. NULL: there is none.';
comment on column fax.quality_by_peer.not_measurable_rate is 'Share of the pages whose bad lines could not be measured, a ratio. NULL: no pages.';
comment on column fax.quality_by_peer.successes is 'Sessions with result success.';
comment on column fax.quality_by_peer.failures is 'Sessions with result failed.';
comment on column fax.quality_by_peer.unknown_ends is 'Sessions whose result was not on the wire, open ones too.';
