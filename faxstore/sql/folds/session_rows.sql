-- grain: one row of the history, interpreted
-- example: select observed_at, pages, data_rate from fax.session_rows where session_id = '…' and started_at = '…';
-- All other views rest on two rules applied here:
--   pages     PageNumber is completed pages plus one, so pages come from the counters; only gateways have no counters.
--   measured  Before negotiation, rate and ECM are defaults. They count once a resolution (gateway: a rate) is known.
create view fax.session_rows as
select
    h.session_id,
    h.started_at,
    h.observed_at,
    h.position,
    h.collector_id,
    h.event,
    m.is_snapshot,
    m.measured,
    h.operation,
    h.state,
    h.session_type,
    h.page_number,
    case h.operation
        when 'receive' then h.pages_received
        when 'send' then h.pages_transmitted
        when 'gateway' then case when h.page_number > -2147483648 then h.page_number - 1 end
    end as pages,
    h.total_bad_lines,
    -- 33600 is V.34, the fastest fax modem; spandsp can report any number for a modem that it does not know
    case when m.measured and h.data_rate between 1 and 33600 then h.data_rate end as data_rate,
    case when m.measured then h.error_correction_mode end as error_correction_mode,
    case when m.measured and h.x_resolution > 0 then h.x_resolution end as x_resolution,
    case when m.measured and h.y_resolution > 0 then h.y_resolution end as y_resolution,
    h.file_name,
    h.details
from fax.session_history h
cross join lateral (
    select
        h.event in ('FAXSession', 'FAXSessionsEntry') as is_snapshot,
        case h.operation when 'gateway' then h.data_rate > 0 else h.x_resolution > 0 or h.y_resolution > 0 end as measured
) m;

comment on view fax.session_rows is 'One row of the history, interpreted: completed pages, and measured values without the defaults from before negotiation. The base of the other views.';
comment on column fax.session_rows.session_id is 'The session.';
comment on column fax.session_rows.started_at is 'First observation of the session.';
comment on column fax.session_rows.observed_at is 'Time of the observation, by the observer''s clock.';
comment on column fax.session_rows.position is 'Position in the history.';
comment on column fax.session_rows.collector_id is 'Collector that observed it.';
comment on column fax.session_rows.event is 'AMI event, or Gone.';
comment on column fax.session_rows.is_snapshot is 'Whether a poll produced the row: FAXSession, or a list entry without detail.';
comment on column fax.session_rows.measured is 'Whether negotiation is complete, so that rate, ECM and resolution are measurements. NULL if not reported.';
comment on column fax.session_rows.operation is 'send, receive, gateway, V.21 or none, as sent. NULL if not reported.';
comment on column fax.session_rows.state is 'State as sent. NULL if not reported.';
comment on column fax.session_rows.session_type is 'G.711, T.38 or none. NULL if not reported.';
comment on column fax.session_rows.page_number is 'PageNumber as sent: completed pages plus one. NULL if not reported.';
comment on column fax.session_rows.pages is 'Completed pages so far; of a completion event, pages transferred. NULL if not reported.';
comment on column fax.session_rows.total_bad_lines is 'Bad lines of the current page so far. NULL if not reported.';
comment on column fax.session_rows.data_rate is 'Measured rate, bit/s. NULL if not measured.';
comment on column fax.session_rows.error_correction_mode is 'Whether ECM is in use. NULL if not measured.';
comment on column fax.session_rows.x_resolution is 'Horizontal resolution, pixels per metre. NULL if not measured.';
comment on column fax.session_rows.y_resolution is 'Vertical resolution, pixels per metre. NULL if not measured.';
comment on column fax.session_rows.file_name is 'File being sent or received (personal). NULL if not reported.';
comment on column fax.session_rows.details is 'Headers without a column of their own, as sent (personal). NULL if none.';
