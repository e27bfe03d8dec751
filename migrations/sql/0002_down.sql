-- The three views of revision 0001 again. What the history holds stays; the reference tables go.
drop view fax.coverage_gaps, fax.reconciliation, fax.quality_by_peer, fax.failures, fax.usage_daily;
drop function fax.counted_faxes(text, timestamptz, timestamptz), fax.quality(timestamp, timestamp, text),
    fax.usage(timestamp, timestamp, text, text);
drop view fax.session_timeline, fax.session_pages, fax.sessions, fax.session_facts, fax.page_attempts, fax.session_rows;
drop function fax.restarted_at(text, timestamptz, timestamptz), fax.is_attempt(text, text),
    fax.gaps(text, timestamptz, timestamptz), fax.gap_reason(text, text), fax.counter(jsonb, text), fax.told_moment(jsonb, text),
    fax.unescaped(text), fax.page_quality(integer, integer), fax.page_lines(integer);
drop table fax.quality_class, fax.technology;
drop index fax.session_history_completion;

create function fax.page_quality(bad_lines integer, y_resolution integer) returns text
language sql immutable parallel safe
as $$
    select case
        when bad_lines is null or coalesce(y_resolution, 0) <= 0 then null
        when bad_lines < 0.05 * 0.297 * y_resolution then 'good'
        when bad_lines < 0.15 * 0.297 * y_resolution then 'poor'
        else 'bad'
    end
$$;

comment on function fax.page_quality(integer, integer) is 'good, poor or bad by the share of bad lines in an A4 page at a vertical resolution (pixels per metre), an estimate; NULL where bad lines are not measurable.';

create or replace function fax.result_class(status text, error text, status_text text) returns text
language sql immutable parallel safe
as $$
    select case
        when nullif(status, '') is null then null
        when status = 'SUCCESS' then 'success'
        when status_text in (
            'The CED tone exceeded 5s',
            'Timed out waiting for initial communication',
            'Timed out waiting for the first message',
            'Timed out waiting for procedural interrupt',
            'The HDLC carrier did not stop in a timely manner',
            'Failed to train with any of the compatible modems'
        ) then 'failed_to_train'
        when status_text in (
            'Operator intervention failed',
            'Far end is not compatible',
            'Far end is not able to receive',
            'Far end is not able to transmit',
            'Far end cannot receive at the resolution of the image',
            'Far end cannot receive at the size of image',
            'Poll not accepted',
            'Ident not accepted',
            'Polled sub-address not accepted',
            'Selective polling address not accepted',
            'Sender identification not accepted',
            'Password not accepted',
            'Sub-address not accepted',
            'Transmitting subscriber internet address not accepted',
            'Internet routing address not accepted',
            'Calling subscriber internet address not accepted',
            'Internet selective polling address not accepted',
            'Called subscriber internet address not accepted'
        ) then 'neg_failed'
        when status_text in (
            'Unexpected message received'
        ) then 'protocol_error'
        when status_text in (
            'Received bad response to DCS or training',
            'Received a DCN from remote after sending a page',
            'Invalid ECM response received from receiver',
            'Received a DCN while waiting for a DIS',
            'Invalid response after sending a page',
            'Received other than DIS while waiting for DIS',
            'Received no response to DCS or TCF',
            'No response after sending a page',
            'Timed out waiting for receiver ready (ECM mode)'
        ) then 'tx_protocol_error'
        when status_text in (
            'Invalid ECM response received from transmitter',
            'DCS received while waiting for DTC',
            'Unexpected command after page received',
            'Carrier lost during fax receive',
            'Timed out while waiting for EOL (end Of line)',
            'Timer T2 expired while waiting for DCN',
            'Timer T2 expired while waiting for phase D',
            'Timer T2 expired while waiting for fax page',
            'Timer T2 expired while waiting for next fax page',
            'Timer T2 expired while waiting for RR command',
            'Timer T2 expired while waiting for NSS, DCS or MCF',
            'Unexpected DCN while waiting for DCS or DIS',
            'Unexpected DCN while waiting for image data',
            'Unexpected DCN while waiting for EOM, EOP or MPS',
            'Unexpected DCN after EOM or MPS sequence',
            'Unexpected DCN after RR/RNR sequence',
            'Unexpected DCN after requested retransmission'
        ) then 'rx_protocol_error'
        when status_text in (
            'Timed out while waiting for first line'
        ) then 'nofax'
        when status_text in (
            'TIFF/F file cannot be opened',
            'TIFF/F page not found',
            'TIFF/F format is not compatible',
            'TIFF/F page number tag missing',
            'Incorrect values for TIFF/F tags',
            'Bad TIFF/F header - incorrect values in fields'
        ) then 'file_error'
        when status_text in (
            'Cannot allocate memory for more pages'
        ) then 'mem_error'
        when status_text in (
            'Disconnected after permitted retries'
        ) then 'retries_exceeded'
        when status_text in (
            'The call dropped prematurely'
        ) then 'call_dropped'
        when error in ('HANGUP') then 'call_dropped'
        when error in ('INIT_ERROR', 'INVALID_ARGUMENTS', 'T38_NEG_ERROR', 'Channel Problems') then 'neg_failed'
        when error in ('FILE_ERROR') then 'file_error'
        when error in ('MEMORY_ERROR') then 'mem_error'
        else 'unknown_error'
    end
$$;

comment on function fax.result_class(text, text, text) is 'Class of a result by FAXSTATUS, FAXERROR and FAXSTATUSSTRING, named as in Asterisk''s fax show stats; NULL where there is no result.';

-- Two truths of the wire are settled here, for all the views above:
--   pages    PageNumber is pages done plus one, so pages come from the counters; only a gateway has no counters
--   measured before negotiation rate and ECM are defaults: they count where a resolution is told (a gateway: a rate)
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
        when 'gateway' then greatest(h.page_number, -2147483647) - 1
    end as pages,
    h.total_bad_lines,
    -- 33600 is V.34, the fastest there is; spandsp may tell any number for a modem that it does not know
    case when m.measured and h.data_rate between 1 and 33600 then h.data_rate end as data_rate,
    case when m.measured then h.error_correction_mode end as error_correction_mode,
    case when m.measured then h.x_resolution end as x_resolution,
    case when m.measured then h.y_resolution end as y_resolution,
    h.file_name,
    h.details
from fax.session_history h
cross join lateral (
    select
        h.event in ('FAXSession', 'FAXSessionsEntry') as is_snapshot,
        case h.operation when 'gateway' then h.data_rate > 0 else h.x_resolution > 0 or h.y_resolution > 0 end as measured
) m;

comment on view fax.session_rows is 'One row of the history with its meaning: measured values apart from the defaults before negotiation, pages done. The base of the other views.';
comment on column fax.session_rows.session_id is 'The session.';
comment on column fax.session_rows.started_at is 'First observation of the session.';
comment on column fax.session_rows.observed_at is 'When it was observed, by the observer''s clock.';
comment on column fax.session_rows.position is 'Its place in the history.';
comment on column fax.session_rows.collector_id is 'Who observed it.';
comment on column fax.session_rows.event is 'AMI event, or Gone.';
comment on column fax.session_rows.is_snapshot is 'A poll took it: FAXSession, or a list entry without detail.';
comment on column fax.session_rows.measured is 'The two ends have agreed, so rate, ECM and resolution are measurements. NULL: not told.';
comment on column fax.session_rows.operation is 'send, receive, gateway, V.21 or none, as sent. NULL: not told.';
comment on column fax.session_rows.state is 'State as sent. NULL: not told.';
comment on column fax.session_rows.session_type is 'G.711, T.38 or none. NULL: not told.';
comment on column fax.session_rows.page_number is 'PageNumber as sent: pages done plus one. NULL: not told.';
comment on column fax.session_rows.pages is 'Pages done so far; of a completion event the pages transferred. NULL: not told.';
comment on column fax.session_rows.total_bad_lines is 'Bad lines of the page in hand so far. NULL: not told.';
comment on column fax.session_rows.data_rate is 'bit/s. NULL: not measured.';
comment on column fax.session_rows.error_correction_mode is 'ECM in use. NULL: not measured.';
comment on column fax.session_rows.x_resolution is 'Pixels per metre across. NULL: not measured.';
comment on column fax.session_rows.y_resolution is 'Pixels per metre down. NULL: not measured.';
comment on column fax.session_rows.file_name is 'File being sent or received (personal). NULL: not told.';
comment on column fax.session_rows.details is 'Headers without a column of their own, as sent (personal). NULL: none.';

-- TotalBadLines counts the page in hand. An attempt ends when PageNumber moves on or the count falls (the page is sent
-- again); the last value of the attempt is its bad lines. PageNumber never falls but where the session switches to T.38
-- and starts again: what was counted stays counted.
-- Two observers: one who took over from the other goes on with its attempts; of two who watched at the same time the
-- clocks may differ, so each page is told by one of them, the one who saw more.
create view fax.page_attempts as
with observed as (
    select
        r.*,
        max(r.page_number) over (of_observer order by r.observed_at, r.position) as furthest_page,
        min(r.observed_at) over of_observer as observer_began_at,
        max(r.observed_at) over of_observer as observer_ended_at
    from fax.session_rows r
    where r.is_snapshot and r.page_number is not null
    window of_observer as (partition by r.session_id, r.started_at, r.collector_id)
),
overlapping as (
    select
        o.*,
        o.observer_began_at <= max(o.observer_ended_at) over (
            partition by o.session_id, o.started_at order by o.observer_began_at, o.collector_id
            groups between unbounded preceding and 1 preceding) as began_during_another
    from observed o
),
in_streams as (
    select
        v.*,
        case when bool_or(v.began_during_another) over (partition by v.session_id, v.started_at)
             then v.collector_id else '' end as stream
    from overlapping v
),
compared as (
    select
        i.*,
        lag(i.total_bad_lines) over (partition by i.session_id, i.started_at, i.page_number, i.stream
                                     order by i.observed_at, i.position) as bad_lines_before
    from in_streams i
    where i.page_number = i.furthest_page
),
numbered as (
    select
        c.*,
        1 + count(*) filter (where c.total_bad_lines < c.bad_lines_before)
            over (partition by c.session_id, c.started_at, c.page_number, c.stream order by c.observed_at, c.position) as attempt
    from compared c
),
attempts as (
    select
        n.session_id,
        n.started_at,
        n.page_number as page,
        n.stream,
        n.attempt,
        min(n.observed_at) as first_seen_at,
        max(n.observed_at) as last_seen_at,
        count(*) as snapshots,
        (array_agg(n.total_bad_lines order by n.observed_at desc, n.position desc))[1] as bad_lines,
        min(n.observed_at) filter (where n.measured) as first_measured_at,
        (array_agg(n.data_rate order by n.observed_at desc, n.position desc) filter (where n.data_rate is not null))[1] as data_rate,
        (array_agg(n.y_resolution order by n.observed_at desc, n.position desc) filter (where n.y_resolution is not null))[1] as y_resolution
    from numbered n
    group by n.session_id, n.started_at, n.page_number, n.stream, n.attempt
),
judged as (
    select
        a.*,
        first_value(a.stream) over (partition by a.session_id, a.started_at, a.page
                                    order by a.attempt desc, a.bad_lines desc nulls last, a.stream) as best_stream
    from attempts a
)
select
    j.session_id, j.started_at, j.page, j.attempt, j.first_seen_at, j.last_seen_at, j.snapshots, j.bad_lines,
    j.first_measured_at, j.data_rate, j.y_resolution
from judged j
where j.stream = j.best_stream;

comment on view fax.page_attempts is 'One attempt at one page of one session, as the snapshots show it; more than one where the page was sent again.';
comment on column fax.page_attempts.session_id is 'The session.';
comment on column fax.page_attempts.started_at is 'First observation of the session.';
comment on column fax.page_attempts.page is 'Page in hand, from 1; one past the last page once all are done.';
comment on column fax.page_attempts.attempt is 'Attempt at this page, from 1.';
comment on column fax.page_attempts.first_seen_at is 'First snapshot of it.';
comment on column fax.page_attempts.last_seen_at is 'Last snapshot of it.';
comment on column fax.page_attempts.snapshots is 'Snapshots of it.';
comment on column fax.page_attempts.bad_lines is 'Last TotalBadLines seen of it: lines. Of a sender, with ECM, or past the last page no measurement.';
comment on column fax.page_attempts.first_measured_at is 'First snapshot of it after the two ends agreed. NULL: none.';
comment on column fax.page_attempts.data_rate is 'Last rate in it, bit/s. NULL: not measured.';
comment on column fax.page_attempts.y_resolution is 'Last vertical resolution in it, pixels per metre. NULL: not measured.';

-- Driven from fax.session: the rows of a session are one range of one partition, so a question costs what its answer
-- holds. A filter on session_id, server or started_at goes to the indexes of fax.session, and of the history only the
-- partitions of the sessions found are opened. They are read once (own): a view's every scan of the history is planned
-- for every partition, and a plan shall not cost more with each year.
create view fax.session_facts as
select
    s.session_id,
    s.started_at,
    s.epoch_id,
    s.server,
    s.session_number,
    s.channel,
    s.technology,
    x.operation,
    x.uniqueid,
    x.state,
    x.transport,
    x.file_names,
    x.snapshots,
    x.pages_observed,
    x.pages,
    x.first_snapshot_at,
    x.last_snapshot_at,
    x.completed_at,
    x.gone_at,
    x.last_row_at,
    x.error_correction_mode,
    x.first_data_rate,
    x.last_data_rate,
    x.lowest_data_rate,
    x.rate_falls,
    x.x_resolution,
    x.y_resolution,
    x.bad_lines_measurable,
    x.completed,
    x.call,
    x.status,
    x.error,
    x.status_text,
    x.local_station_id,
    x.remote_station_id,
    x.first_position,
    x.last_position
from fax.session s
cross join lateral (
    with own as materialized (
        select r.* from fax.session_rows r where r.session_id = s.session_id and r.started_at = s.started_at
    )
    select
        coalesce(o.operation, case c.event when 'SendFAX' then 'send' when 'ReceiveFAX' then 'receive' end, s.operation) as operation,
        coalesce(s.uniqueid, c.details ->> 'Uniqueid') as uniqueid,
        o.state,
        o.transport,
        coalesce(o.file_names, case when c.file_name is not null then array[c.file_name] end) as file_names,
        o.snapshots,
        o.pages as pages_observed,
        coalesce(c.pages, o.pages) as pages,
        o.first_seen_at as first_snapshot_at,
        o.last_seen_at as last_snapshot_at,
        c.completed_at,
        g.gone_at,
        e.last_row_at,
        l.error_correction_mode,
        o.first_data_rate,
        coalesce(o.last_data_rate, c.data_rate) as last_data_rate,
        o.lowest_data_rate,
        o.rate_falls,
        coalesce(l.x_resolution, c.x_resolution) as x_resolution,
        coalesce(l.y_resolution, c.y_resolution) as y_resolution,
        -- Bad lines are counted by a receiver without ECM only (spandsp, t30.c and t4_rx.c).
        o.operation = 'receive' and l.error_correction_mode is false as bad_lines_measurable,
        c.event is not null as completed,
        coalesce(c.details, v.status_event) as call,
        nullif(coalesce(fax.channel_variable(c.details, 'FAXSTATUS'), v.status), '') as status,
        nullif(coalesce(fax.channel_variable(c.details, 'FAXERROR'), v.error), '') as error,
        nullif(coalesce(fax.channel_variable(c.details, 'FAXSTATUSSTRING'), v.status_text), '') as status_text,
        coalesce(nullif(c.details ->> 'LocalStationID', ''), v.local_station_id) as local_station_id,
        coalesce(nullif(c.details ->> 'RemoteStationID', ''), v.remote_station_id) as remote_station_id,
        e.first_position,
        e.last_position
    -- the snapshots
    from (
        select
            count(*) as snapshots,
            min(n.observed_at) as first_seen_at,
            max(n.observed_at) as last_seen_at,
            max(n.pages) as pages,
            (array_agg(n.data_rate order by n.observed_at) filter (where n.data_rate is not null))[1] as first_data_rate,
            (array_agg(n.data_rate order by n.observed_at desc) filter (where n.data_rate is not null))[1] as last_data_rate,
            min(n.data_rate) as lowest_data_rate,
            count(*) filter (where n.data_rate < n.data_rate_before) as rate_falls,
            (array_agg(n.operation order by n.observed_at desc))[1] as operation,
            (array_agg(n.state order by n.observed_at desc))[1] as state,
            (array_agg(n.session_type order by n.observed_at desc) filter (where n.session_type <> 'none'))[1] as transport,
            array_agg(distinct n.file_name) filter (where n.file_name is not null) as file_names
        from (
            select
                d.*,
                lag(d.data_rate) over (partition by d.data_rate is null order by d.observed_at) as data_rate_before
            from own d
            where d.is_snapshot
        ) n
    ) o
    -- the completion event
    left join lateral (
        select
            h.event,
            h.observed_at as completed_at,
            h.pages,
            nullif(h.data_rate, 0) as data_rate,
            h.x_resolution,
            h.y_resolution,
            h.file_name,
            h.details
        from own h
        where h.event in ('SendFAX', 'ReceiveFAX')
        order by h.observed_at
        limit 1
    ) c on true
    -- the last measurement
    left join lateral (
        select d.error_correction_mode, d.x_resolution, d.y_resolution
        from own d
        where d.is_snapshot and d.measured
        order by d.observed_at desc
        limit 1
    ) l on true
    -- the first complete list that no longer had it; a snapshot that is later both by the clock and in the history refutes it
    cross join lateral (
        select min(h.observed_at) as gone_at
        from own h
        where h.event = 'Gone'
          and not exists (
              select 1
              from own d
              where d.is_snapshot
                and d.observed_at > h.observed_at and d.position > h.position
          )
    ) g
    -- channel variables: FAILED before a session exists, blank when it begins, the result at its end. What was set before
    -- the first snapshot or after the completion event is of another fax, or of none.
    cross join lateral (
        select
            (array_agg(x.value order by h.observed_at desc) filter (where x.variable = 'FAXSTATUS'))[1] as status,
            (array_agg(x.value order by h.observed_at desc) filter (where x.variable = 'FAXERROR'))[1] as error,
            (array_agg(x.value order by h.observed_at desc) filter (where x.variable = 'FAXSTATUSSTRING'))[1] as status_text,
            (array_agg(x.value order by h.observed_at desc) filter (where x.variable = 'LOCALSTATIONID' and x.value <> ''))[1] as local_station_id,
            (array_agg(x.value order by h.observed_at desc) filter (where x.variable = 'REMOTESTATIONID' and x.value <> ''))[1] as remote_station_id,
            (array_agg(h.details order by h.observed_at) filter (where h.event = 'FAXStatus'))[1] as status_event
        from own h
        cross join lateral (
            select h.details ->> 'Variable' as variable, coalesce(h.details ->> 'Value', '') as value
            where h.event = 'VarSet'
            union all
            select null, null where h.event = 'FAXStatus'
        ) x
        where h.event in ('VarSet', 'FAXStatus')
          and (h.event = 'FAXStatus' or h.observed_at >= coalesce(o.first_seen_at, h.observed_at))
          and h.observed_at <= coalesce(c.completed_at, h.observed_at)
    ) v
    -- its place in the history
    cross join lateral (
        select min(h.position) as first_position, max(h.position) as last_position, max(h.observed_at) as last_row_at
        from own h
    ) e
) x;

comment on view fax.session_facts is 'One fax session as its rows tell it: counts, measurements and times. The base of fax.sessions, which gives them names.';
comment on column fax.session_facts.session_id is 'The session.';
comment on column fax.session_facts.started_at is 'First observation of the session.';
comment on column fax.session_facts.epoch_id is 'The epoch in which session_number counts.';
comment on column fax.session_facts.server is 'Name of the server in the settings.';
comment on column fax.session_facts.session_number is 'SessionNumber of Asterisk. NULL: never listed.';
comment on column fax.session_facts.channel is 'Channel (personal). NULL: not told.';
comment on column fax.session_facts.technology is 'Technology of the list entry. NULL: never listed.';
comment on column fax.session_facts.operation is 'send, receive, gateway, V.21 or none, as last told. NULL: not told.';
comment on column fax.session_facts.uniqueid is 'Uniqueid of the channel. NULL: no event told it.';
comment on column fax.session_facts.state is 'Last state, as sent. NULL: never listed.';
comment on column fax.session_facts.transport is 'Last transport, G.711 or T.38. NULL: not told.';
comment on column fax.session_facts.file_names is 'Files sent or received (personal). NULL: not told.';
comment on column fax.session_facts.snapshots is 'Snapshots that polls took.';
comment on column fax.session_facts.pages_observed is 'Highest count of pages that a poll saw. NULL: not told.';
comment on column fax.session_facts.pages is 'The count of the completion event, else pages_observed. NULL: not told.';
comment on column fax.session_facts.first_snapshot_at is 'First snapshot. NULL: none.';
comment on column fax.session_facts.last_snapshot_at is 'Last snapshot. NULL: none.';
comment on column fax.session_facts.completed_at is 'When the completion event came. NULL: none came.';
comment on column fax.session_facts.gone_at is 'First complete list without it. NULL: none.';
comment on column fax.session_facts.last_row_at is 'Last observation of any kind.';
comment on column fax.session_facts.error_correction_mode is 'ECM by the last measurement. NULL: never negotiated.';
comment on column fax.session_facts.first_data_rate is 'First measured rate, bit/s. NULL: never negotiated.';
comment on column fax.session_facts.last_data_rate is 'Last rate, bit/s; of the completion event where no poll measured it. NULL: not told.';
comment on column fax.session_facts.lowest_data_rate is 'Lowest measured rate, bit/s. NULL: never negotiated.';
comment on column fax.session_facts.rate_falls is 'How often the measured rate fell.';
comment on column fax.session_facts.x_resolution is 'Pixels per metre across. NULL: not told.';
comment on column fax.session_facts.y_resolution is 'Pixels per metre down. NULL: not told.';
comment on column fax.session_facts.bad_lines_measurable is 'A receiver without ECM. NULL: operation or ECM not told.';
comment on column fax.session_facts.completed is 'A completion event came.';
comment on column fax.session_facts.call is 'Headers of the channel, by its completion or status event (personal). NULL: no such event.';
comment on column fax.session_facts.status is 'FAXSTATUS at the end. NULL: not on the wire, or blank.';
comment on column fax.session_facts.error is 'FAXERROR at the end. NULL: not on the wire, or blank.';
comment on column fax.session_facts.status_text is 'FAXSTATUSSTRING at the end. NULL: not on the wire, or blank.';
comment on column fax.session_facts.local_station_id is 'Station id of this end (personal). NULL: none, or not told.';
comment on column fax.session_facts.remote_station_id is 'Station id of the other end (personal). NULL: none, or not told.';
comment on column fax.session_facts.first_position is 'First position of its rows.';
comment on column fax.session_facts.last_position is 'Last position of its rows.';

-- A run of a fax application that was never listed and raised no completion event is not a session.
create view fax.sessions as
select
    f.session_id,
    f.server,
    f.epoch_id,
    f.session_number,
    f.operation,
    case f.operation when 'send' then 'sent' when 'receive' then 'received' when 'gateway' then 'gateway' when 'V.21' then 'detector' end as direction,
    f.channel,
    f.uniqueid,
    nullif(f.call ->> 'Linkedid', '') as linkedid,
    nullif(f.call ->> 'AccountCode', '') as account_code,
    nullif(nullif(f.call ->> 'CallerIDNum', ''), '<unknown>') as caller_number,
    case f.operation
        when 'receive' then nullif(f.call ->> 'Exten', '')
        else nullif(nullif(f.call ->> 'ConnectedLineNum', ''), '<unknown>')
    end as called_number,
    f.local_station_id,
    f.remote_station_id,
    f.transport,
    f.file_names,
    f.started_at,
    e.ended_at,
    case when e.ended_at >= f.started_at then extract(epoch from e.ended_at - f.started_at) end as duration_seconds,
    e.end_observed_by,
    f.state,
    f.pages,
    f.pages_observed,
    case when f.bad_lines_measurable then coalesce(b.bad_lines, 0) end as bad_lines,
    case when f.bad_lines_measurable then coalesce(b.bad_lines_discarded, 0) end as bad_lines_discarded,
    f.bad_lines_measurable,
    case when f.bad_lines_measurable then coalesce(b.worst_page_bad_lines, 0) end as worst_page_bad_lines,
    f.error_correction_mode,
    f.first_data_rate,
    f.last_data_rate,
    f.lowest_data_rate,
    f.rate_falls,
    f.x_resolution,
    f.y_resolution,
    fax.resolution_name(f.y_resolution) as resolution,
    case f.status when 'SUCCESS' then 'success' when 'FAILED' then 'failed' else 'unknown' end as result,
    fax.result_class(f.status, f.error, f.status_text) as result_class,
    coalesce(f.status_text, f.error) as result_text,
    f.snapshots,
    f.first_position,
    f.last_position
from fax.session_facts f
cross join lateral (
    select exists (
        select 1
        from fax.epoch mine
        join fax.epoch later on later.server = mine.server and later.epoch_id <> mine.epoch_id
        where mine.epoch_id = f.epoch_id
          and (coalesce(later.reloaded_at, later.started_at, later.first_seen_at), later.reload_ordinal)
              > (coalesce(mine.reloaded_at, mine.started_at, mine.first_seen_at), mine.reload_ordinal)
    ) as restarted
) r
cross join lateral (
    select
        case
            when f.completed then 'completion'
            when f.gone_at is not null then 'gone'
            when r.restarted then 'server_restart'
            else 'open'
        end as end_observed_by,
        case
            when f.completed then f.completed_at
            when f.gone_at is not null then f.gone_at
            when r.restarted then f.last_row_at
        end as ended_at
) e
left join lateral (
    select
        sum(p.bad_lines)::bigint as bad_lines,
        sum(p.bad_lines_discarded)::bigint as bad_lines_discarded,
        max(p.bad_lines) as worst_page_bad_lines
    from (
        select
            (array_agg(a.bad_lines order by a.attempt desc))[1] as bad_lines,
            sum(a.bad_lines) - (array_agg(a.bad_lines order by a.attempt desc))[1] as bad_lines_discarded
        from fax.page_attempts a
        where a.session_id = f.session_id and a.started_at = f.started_at and a.page <= f.pages
        group by a.page
    ) p
) b on f.bad_lines_measurable
where f.snapshots > 0 or f.completed;

comment on view fax.sessions is 'One fax session: who, when, how many pages, how many bad lines, how it ended, and the evidence for it.';
comment on column fax.sessions.session_id is 'Identity of the session, the same wherever its recording is imported.';
comment on column fax.sessions.server is 'Name of the server in the settings.';
comment on column fax.sessions.epoch_id is 'The epoch (fax.epoch) in which session_number counts: numbers begin at 0 again with each start of the server.';
comment on column fax.sessions.session_number is 'SessionNumber of Asterisk. NULL: never listed, known only from its completion event.';
comment on column fax.sessions.operation is 'Operation as sent: send, receive, gateway, V.21. NULL: not told.';
comment on column fax.sessions.direction is 'sent, received, gateway, or detector (V.21: listens for a fax tone, is no fax). NULL: none of these.';
comment on column fax.sessions.channel is 'Channel (personal: may hold a number). NULL: not told.';
comment on column fax.sessions.uniqueid is 'Uniqueid of the channel, by its events. NULL: no event told it.';
comment on column fax.sessions.linkedid is 'Linkedid of the call, by its events. NULL: no event told it.';
comment on column fax.sessions.account_code is 'Account code of the channel, by its events. NULL: none, or no event told it.';
comment on column fax.sessions.caller_number is 'CallerIDNum of the channel, as sent (personal). NULL: unknown.';
comment on column fax.sessions.called_number is 'Received: the extension that was called; else ConnectedLineNum; as sent (personal). NULL: unknown.';
comment on column fax.sessions.local_station_id is 'Station id of this end (personal). NULL: none, or not told.';
comment on column fax.sessions.remote_station_id is 'Station id of the other end, its own choice (personal). NULL: none, or not told.';
comment on column fax.sessions.transport is 'G.711 or T.38, the last one used. NULL: not told (gateway, detector).';
comment on column fax.sessions.file_names is 'Files sent or received (personal). NULL: not told.';
comment on column fax.sessions.started_at is 'First observation, by the observer''s clock; the fax began at most one poll earlier.';
comment on column fax.sessions.ended_at is 'Completion: when its event came. Gone: the first complete list without it. Server restart: the last observation before it. NULL: open.';
comment on column fax.sessions.duration_seconds is 'Seconds from started_at to ended_at. NULL: open, or the observer''s clock was set back meanwhile.';
comment on column fax.sessions.end_observed_by is 'How the end is known: completion (SendFAX or ReceiveFAX), gone (absent from a complete list), server_restart, or open.';
comment on column fax.sessions.state is 'Last state seen, as sent. NULL: never listed.';
comment on column fax.sessions.pages is 'Pages: the count of the completion event, else the highest seen; a gateway''s PageNumber less one. NULL: not told.';
comment on column fax.sessions.pages_observed is 'Highest count of pages that a poll saw. NULL: not told.';
comment on column fax.sessions.bad_lines is 'Bad lines in the pages kept: the last value seen of each page''s last attempt. NULL: not measurable (sender, ECM, gateway, never negotiated).';
comment on column fax.sessions.bad_lines_discarded is 'Bad lines of attempts that were sent again. NULL: not measurable.';
comment on column fax.sessions.bad_lines_measurable is 'A receiver without ECM: the only one that counts bad lines.';
comment on column fax.sessions.worst_page_bad_lines is 'Bad lines of the worst page kept. NULL: not measurable.';
comment on column fax.sessions.error_correction_mode is 'ECM in use, once negotiated. NULL: never negotiated, or not told.';
comment on column fax.sessions.first_data_rate is 'First measured rate, bit/s. NULL: never negotiated.';
comment on column fax.sessions.last_data_rate is 'Last rate, bit/s. NULL: not told.';
comment on column fax.sessions.lowest_data_rate is 'Lowest measured rate, bit/s. NULL: never negotiated.';
comment on column fax.sessions.rate_falls is 'How often the measured rate fell.';
comment on column fax.sessions.x_resolution is 'Pixels per metre across, last measured. NULL: not told.';
comment on column fax.sessions.y_resolution is 'Pixels per metre down, last measured. NULL: not told.';
comment on column fax.sessions.resolution is 'standard, fine or superfine. NULL: not told, or another.';
comment on column fax.sessions.result is 'success or failed, by FAXSTATUS; unknown where it was not on the wire.';
comment on column fax.sessions.result_class is 'Class of the result as in Asterisk''s fax show stats. NULL: result unknown.';
comment on column fax.sessions.result_text is 'FAXSTATUSSTRING, else FAXERROR, as sent. NULL: not told.';
comment on column fax.sessions.snapshots is 'Snapshots that polls took of it; 0: known only from its events.';
comment on column fax.sessions.first_position is 'First position of its rows in the history.';
comment on column fax.sessions.last_position is 'Last position of its rows in the history.';

-- A page that no poll saw in hand has its number and NULLs.
-- A count over 10,000 is no fax's but a number gone wrong; its pages beyond that are not listed.
create view fax.session_pages as
select
    f.session_id,
    f.server,
    f.started_at,
    p.page,
    p.page_started_at,
    p.page_ended_at,
    extract(epoch from p.page_ended_at - p.page_started_at) as seconds,
    p.attempts,
    case when f.bad_lines_measurable then p.bad_lines end as bad_lines,
    case when f.bad_lines_measurable then p.bad_lines_discarded end as bad_lines_discarded,
    p.data_rate,
    fax.resolution_name(p.y_resolution) as resolution,
    fax.page_quality(case when f.bad_lines_measurable then p.bad_lines end, p.y_resolution) as quality
from fax.session_facts f
cross join lateral (
    select
        coalesce(n.page, a.page) as page,
        -- The first page is in hand from the start of the session; it begins once the two ends have agreed.
        case when n.page > 1 then a.first_seen_at else a.first_measured_at end as page_started_at,
        min(a.first_seen_at) over (order by coalesce(n.page, a.page) rows between 1 following and unbounded following) as page_ended_at,
        a.attempts,
        a.bad_lines,
        a.bad_lines_discarded,
        a.data_rate,
        a.y_resolution
    from generate_series(1, case when f.pages > 10000 then 10000 else f.pages end) as n (page)
    full join (
        select
            t.page,
            max(t.attempt) as attempts,
            min(t.first_seen_at) as first_seen_at,
            min(t.first_measured_at) as first_measured_at,
            (array_agg(t.bad_lines order by t.attempt desc))[1] as bad_lines,
            sum(t.bad_lines) - (array_agg(t.bad_lines order by t.attempt desc))[1] as bad_lines_discarded,
            (array_agg(t.data_rate order by t.attempt desc) filter (where t.data_rate is not null))[1] as data_rate,
            (array_agg(t.y_resolution order by t.attempt desc) filter (where t.y_resolution is not null))[1] as y_resolution
        from fax.page_attempts t
        where t.session_id = f.session_id and t.started_at = f.started_at
        group by t.page
    ) a on a.page = n.page
) p
where p.page between 1 and case when f.pages > 10000 then 10000 else f.pages end;

comment on view fax.session_pages is 'One page of one session: how long it took, how often it was sent, its bad lines. As many rows as fax.sessions.pages.';
comment on column fax.session_pages.session_id is 'The session.';
comment on column fax.session_pages.server is 'Name of the server in the settings.';
comment on column fax.session_pages.started_at is 'First observation of the session.';
comment on column fax.session_pages.page is 'Page, from 1.';
comment on column fax.session_pages.page_started_at is 'First snapshot with the page in hand (the first page: after negotiation). NULL: no poll saw it.';
comment on column fax.session_pages.page_ended_at is 'First snapshot with a later page in hand. NULL: no poll saw it.';
comment on column fax.session_pages.seconds is 'Seconds from page_started_at to page_ended_at, right to a poll interval at each end. NULL: one of them is not known.';
comment on column fax.session_pages.attempts is 'How often it was sent, as far as polls saw: more than 1 where its bad lines fell to 0 again. NULL: no poll saw it.';
comment on column fax.session_pages.bad_lines is 'Bad lines of the attempt that was kept: the last value seen. NULL: not measurable, or no poll saw it.';
comment on column fax.session_pages.bad_lines_discarded is 'Bad lines of the attempts that were sent again. NULL: not measurable, or no poll saw it.';
comment on column fax.session_pages.data_rate is 'Last rate in it, bit/s. NULL: not measured.';
comment on column fax.session_pages.resolution is 'standard, fine or superfine. NULL: not measured, or another.';
comment on column fax.session_pages.quality is 'good, poor or bad by the share of bad lines, the lines of the page being an estimate (A4). NULL: not measurable.';

-- A snapshot that says the same as the one before it is no change. Of the channel variables only a result is told, and
-- not the FAILED to which FAXSTATUS is set before a fax begins (res_fax.c, sendfax_exec).
create view fax.session_timeline as
select
    -- The session's own, so that a filter on them goes to the index of fax.session.
    s.session_id,
    s.started_at,
    t.observed_at,
    t.seconds_since_change,
    t.event,
    t.changes,
    t.note,
    t.state,
    t.page_number,
    t.pages,
    t.pages_delta,
    t.bad_lines,
    t.bad_lines_delta,
    t.data_rate,
    t.error_correction_mode,
    t.resolution,
    t.transport,
    t.collector_id,
    t.position
from fax.session s
cross join lateral (
    with told as (
        select
            r.*,
            case r.event
                when 'FAXStatus' then r.details ->> 'Status'
                when 'VarSet' then 'FAXSTATUS=' || (r.details ->> 'Value')
                when 'Gone' then 'no longer listed'
                when 'SendFAX' then 'completion event, pages ' || coalesce(r.pages::text, 'unknown')
                when 'ReceiveFAX' then 'completion event, pages ' || coalesce(r.pages::text, 'unknown')
            end as note
        from fax.session_rows r
        where r.session_id = s.session_id
          and r.started_at = s.started_at
          and (r.event <> 'VarSet' or (r.details ->> 'Variable' = 'FAXSTATUS' and r.details ->> 'Value' <> ''))
    ),
    compared as (
        select
            t.*,
            row_number() over before_it as place,
            count(*) filter (where t.is_snapshot) over (partition by t.session_id, t.started_at) as snapshots,
            count(*) filter (where t.is_snapshot) over (partition by t.session_id, t.started_at
                                                        order by t.observed_at, t.position) as snapshots_so_far,
            lag(t.state) over before_it as state_before,
            lag(t.page_number) over before_it as page_number_before,
            lag(t.pages) over before_it as pages_before,
            lag(t.total_bad_lines) over before_it as bad_lines_before,
            lag(t.data_rate) over before_it as data_rate_before,
            lag(t.error_correction_mode) over before_it as error_correction_mode_before,
            lag(t.y_resolution) over before_it as y_resolution_before,
            lag(t.session_type) over before_it as session_type_before
        from told t
        window before_it as (partition by t.session_id, t.started_at, t.is_snapshot order by t.observed_at, t.position)
    ),
    changed as (
        select
            c.*,
            case
                when not c.is_snapshot then array['event']
                when c.place = 1 then array['listed']
                else array_remove(array[
                    case when c.state is distinct from c.state_before then 'state' end,
                    case when c.page_number is distinct from c.page_number_before
                           or c.pages is distinct from c.pages_before then 'page' end,
                    case when c.total_bad_lines is distinct from c.bad_lines_before then 'bad lines' end,
                    case when c.data_rate is distinct from c.data_rate_before then 'rate' end,
                    case when c.error_correction_mode is distinct from c.error_correction_mode_before then 'ecm' end,
                    case when c.y_resolution is distinct from c.y_resolution_before then 'resolution' end,
                    case when c.session_type is distinct from c.session_type_before then 'transport' end
                ], null)
            end as changes
        from compared c
    )
    select
        c.session_id,
        c.started_at,
        c.observed_at,
        extract(epoch from c.observed_at - lag(c.observed_at) over in_order) as seconds_since_change,
        c.event,
        c.changes,
        c.note,
        c.state,
        c.page_number,
        c.pages,
        c.pages::bigint - c.pages_before as pages_delta,
        c.total_bad_lines as bad_lines,
        c.total_bad_lines::bigint - c.bad_lines_before as bad_lines_delta,
        c.data_rate,
        c.error_correction_mode,
        fax.resolution_name(c.y_resolution) as resolution,
        c.session_type as transport,
        c.collector_id,
        c.position
    from changed c
    where cardinality(c.changes) > 0
      and (c.event <> 'VarSet' or c.snapshots_so_far > 0 or c.snapshots = 0)
    window in_order as (partition by c.session_id, c.started_at order by c.observed_at, c.position)
) t;

comment on view fax.session_timeline is 'One change of one session, in order of time: what changed, and by how much.';
comment on column fax.session_timeline.session_id is 'The session.';
comment on column fax.session_timeline.started_at is 'First observation of the session.';
comment on column fax.session_timeline.observed_at is 'When the change was seen, by the observer''s clock; it happened at most one poll earlier.';
comment on column fax.session_timeline.seconds_since_change is 'Seconds since the change before. NULL: the first.';
comment on column fax.session_timeline.event is 'AMI event that told it, or Gone.';
comment on column fax.session_timeline.changes is 'What changed: listed (first snapshot), state, page, bad lines, rate, ecm, resolution, transport; event for anything but a snapshot.';
comment on column fax.session_timeline.note is 'What an event says: FAXStatus text, pages of a completion event, FAXSTATUS. NULL: a snapshot.';
comment on column fax.session_timeline.state is 'State as sent. NULL: not told.';
comment on column fax.session_timeline.page_number is 'Page in hand: pages done plus one. NULL: not told.';
comment on column fax.session_timeline.pages is 'Pages done so far. NULL: not told.';
comment on column fax.session_timeline.pages_delta is 'Pages done since the snapshot before. NULL: not told, or the first.';
comment on column fax.session_timeline.bad_lines is 'TotalBadLines as sent: bad lines of the page in hand. NULL: not told.';
comment on column fax.session_timeline.bad_lines_delta is 'Change of it since the snapshot before; negative where the count began again. NULL: not told, or the first.';
comment on column fax.session_timeline.data_rate is 'Measured rate, bit/s. NULL: not measured.';
comment on column fax.session_timeline.error_correction_mode is 'ECM in use. NULL: not measured.';
comment on column fax.session_timeline.resolution is 'standard, fine or superfine. NULL: not measured, or another.';
comment on column fax.session_timeline.transport is 'G.711 or T.38, as sent. NULL: not told.';
comment on column fax.session_timeline.collector_id is 'Who observed it.';
comment on column fax.session_timeline.position is 'Place of its row in the history.';

comment on column fax.session_history.event is 'AMI event: FAXSession, FAXSessionsEntry (no detail was had), FAXStatus, SendFAX, ReceiveFAX, VarSet; or Gone: a complete list no longer had it.';
comment on column fax.server_history.event is 'AMI event or response (FAXStats, FullyBooted, Shutdown, Load, Unload, CoreStatus, CoreSettings), or ours: Connected, Banner, Disconnected, Polled (at most one a minute).';
comment on column fax.server_history.details is 'Its headers, as sent. NULL: none.';
do $$
declare
    partition_name text;
begin
    for partition_name in
        select c.relname
        from pg_inherits i
        join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'fax.session_history'::regclass and c.relname <> 'session_history_default'
    loop
        execute format('comment on column fax.%I.event is %L', partition_name,
                       'AMI event: FAXSession, FAXSessionsEntry (no detail was had), FAXStatus, SendFAX, ReceiveFAX, VarSet; or Gone: a complete list no longer had it.');
    end loop;
end
$$;

-- Who may do what, given anew as a whole. Rows get into the history by fax.append() alone.
grant usage on schema fax to fax_ingest, fax_reader;
revoke all on all functions in schema fax from public;

grant insert on fax.staged_row to fax_ingest;
grant select, insert, delete on fax.waiting_record to fax_ingest;
grant insert on fax.server_history, fax.rejected_message to fax_ingest;
grant select on fax.epoch, fax.session, fax.session_history, fax.append_batch to fax_ingest;
grant execute on function
    fax.lock_append(),
    fax.append(uuid, text),
    fax.listed(uuid, timestamptz, bigint[]),
    fax.resolve_epoch(text, uuid, uuid, timestamptz, boolean, timestamptz, text, timestamptz, boolean),
    fax.make_partitions_ahead(integer)
to fax_ingest;

grant select on
    fax.session_history, fax.session, fax.epoch, fax.append_batch, fax.server_history,
    fax.session_rows, fax.page_attempts, fax.session_facts,
    fax.sessions, fax.session_timeline, fax.session_pages, fax.rejected_messages
to fax_reader;
grant execute on function
    fax.resolution_name(integer),
    fax.page_quality(integer, integer),
    fax.result_class(text, text, text),
    fax.channel_variable(jsonb, text)
to fax_reader, fax_ingest;
