-- grain: one row of the history, interpreted
-- example: select observed_at, pages, data_rate from fax.session_rows where session_id = '…' and started_at = '…';
-- All other views rest on two rules applied here:
--   pages     PageNumber is completed pages plus one, so pages come from the counters; only gateways have no counters.
--   measured  Before negotiation, rate and ECM are defaults. They count once a resolution (gateway: a rate) is known.
create view fax.session_rows as
select
    h.session_id,  -- The session.
    h.started_at,  -- First observation of the session.
    h.observed_at,  -- Time of the observation, by the observer's clock.
    h.position,  -- Position in the history.
    (array(select c.collector_id from fax.collector c order by c.collector))[h.collector] as collector_id,  -- Collector that observed it.
    h.event,  -- AMI event, or Gone.
    h.is_snapshot,  -- Whether a poll produced the row: FAXSession, or a list entry without detail.
    h.measured,  -- Whether negotiation is complete, so that rate, ECM and resolution are measurements. NULL if not reported.
    h.operation,  -- send, receive, gateway, V.21 or none, as sent. NULL if not reported.
    h.state,  -- State as sent. NULL if not reported.
    h.session_type,  -- G.711, T.38 or none. NULL if not reported.
    h.page_number,  -- PageNumber as sent: completed pages plus one. NULL if not reported.
    case h.operation
        when 'receive' then h.pages_received
        when 'send' then h.pages_transmitted
        when 'gateway' then case when h.page_number > -2147483648 then h.page_number - 1 end
    end as pages,  -- Completed pages so far; of a completion event, pages transferred. NULL if not reported.
    h.total_bad_lines,  -- Bad lines of the current page so far. NULL if not reported.
    -- 33600 is V.34, the fastest fax modem; spandsp can report any number for a modem that it does not know
    case when h.measured and h.data_rate between 1 and 33600 then h.data_rate end as data_rate,  -- Measured rate, bit/s. NULL if not measured.
    case when h.measured then h.error_correction_mode end as error_correction_mode,  -- Whether ECM is in use. NULL if not measured.
    case when h.measured and h.x_resolution > 0 then h.x_resolution end as x_resolution,  -- Horizontal resolution, pixels per metre. NULL if not measured.
    case when h.measured and h.y_resolution > 0 then h.y_resolution end as y_resolution,  -- Vertical resolution, pixels per metre. NULL if not measured.
    h.file_name,  -- File being sent or received (personal). NULL if not reported.
    h.details  -- Headers without a column of their own, as sent (personal). NULL if none.
from (
    select
        u.*,
        case u.operation when 'gateway' then u.data_rate > 0 else u.x_resolution > 0 or u.y_resolution > 0 end as measured
    from (
        -- not fax.session_history: a condition on these columns reaches the rows before they are read
        select
            o.session_id, o.started_at, o.observed_at, o.position, o.data_rate, o.x_resolution, o.y_resolution, o.page_number,
            o.pages_transmitted, o.pages_received, o.total_bad_lines, o.error_correction_mode,
            coalesce(o.event, 'FAXSession') as event,
            coalesce(o.operation, fax.snapshot_operation(o.words)) as operation,
            coalesce(o.state, fax.snapshot_state(o.words)) as state,
            coalesce(o.session_type, fax.snapshot_type(o.words)) as session_type,
            o.collector, o.file_name, o.details,
            -- comparisons: a list of values takes longer, and each aggregate of a fold tests it again
            o.event is null or o.event = 'FAXSession' or o.event = 'FAXSessionsEntry' as is_snapshot
        from fax.observation o
        union all
        select
            p.session_id, p.started_at, k.observed_at, k.position, k.data_rate, k.x_resolution, k.y_resolution, k.page_number,
            k.pages_transmitted, k.pages_received, k.total_bad_lines, k.error_correction_mode,
            coalesce(k.event, 'FAXSession') as event,
            coalesce(k.operation, fax.snapshot_operation(k.words)) as operation,
            coalesce(k.state, fax.snapshot_state(k.words)) as state,
            coalesce(k.session_type, fax.snapshot_type(k.words)) as session_type,
            k.collector, k.file_name, k.details,
            k.event is null or k.event = 'FAXSession' or k.event = 'FAXSessionsEntry' as is_snapshot
        from fax.session_pack p
        cross join lateral unnest(p.rows) k
    ) u
) h;

comment on view fax.session_rows is 'One row of the history, interpreted: completed pages, and measured values without the defaults from before negotiation. The base of the other views.';
