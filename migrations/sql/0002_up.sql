-- The full set of views: usage, quality, failures, coverage gaps, reconciliation; reference tables for technologies and
-- page quality; and what they say of bounds, lower bounds and parties.
drop view fax.session_timeline, fax.session_pages, fax.sessions, fax.session_facts, fax.page_attempts, fax.session_rows;
drop function fax.page_quality(integer, integer);

create index session_history_completion on fax.session_history (observed_at) where event in ('SendFAX', 'ReceiveFAX');

-- grain: one fax technology, by the name of the list entry
-- example: insert into fax.technology values ('Example', 'session');
create table fax.technology (
    technology           text primary key,
    bad_lines_counted_by text not null check (bad_lines_counted_by in ('page', 'session'))
);

insert into fax.technology values ('Spandsp', 'page');

comment on table fax.technology is 'What TotalBadLines counts, by fax technology: a reference table. A technology that is not in it counts by page.';
comment on column fax.technology.technology is 'Technology as the list entry names it.';
comment on column fax.technology.bad_lines_counted_by is 'page: the bad lines of the page in hand (spandsp: t4_rx.c, t4_rx_start_page), or session: of all its pages so far.';

-- grain: one class of the quality of a page
-- example: update fax.quality_class set bad_line_ratio_below = 0.03 where quality = 'good';
create table fax.quality_class (
    quality              text primary key,
    bad_line_ratio_below numeric unique check (bad_line_ratio_below > 0)
);

insert into fax.quality_class values ('good', 0.05), ('poor', 0.15), ('bad', null);

comment on table fax.quality_class is 'Page quality by the share of bad lines, as spandsp judges it (t30.c, copy_quality): a reference table; a page is of the first class whose limit it stays below.';
comment on column fax.quality_class.quality is 'Name of the class: good, poor, bad.';
comment on column fax.quality_class.bad_line_ratio_below is 'Bad lines by lines of the page (a ratio, estimated) below which a page is of this class. NULL: no limit, the last class.';

-- The class of a result, named and counted as Asterisk's own `fax show stats` does, from FAXSTATUS, FAXERROR and
-- FAXSTATUSSTRING: spandsp's texts as res_fax_spandsp.c, update_stats sorts them, then what res_fax.c itself says in
-- FAXERROR. NATIVE_T38 (no gateway necessary) is no failure. Any other text is unknown_error.
-- example: select fax.result_class('FAILED', 'HANGUP', 'The call dropped prematurely');
create or replace function fax.result_class(status text, error text, status_text text) returns text
language sql immutable parallel safe
as $$
    select case
        when error = 'NATIVE_T38' then 'success'
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

-- The lines of a page, an estimate: an A4 page (0.297 m) at its vertical resolution in pixels per metre.
-- No message of the wire tells the length of a page.
-- example: select fax.page_lines(3850);
create function fax.page_lines(y_resolution integer) returns numeric
language sql immutable parallel safe
as $$
    select case when y_resolution > 0 then 0.297 * y_resolution end
$$;

comment on function fax.page_lines(integer) is 'Lines of an A4 page at a vertical resolution (pixels per metre), an estimate; NULL where the resolution is not known.';

-- The quality class of a page by its bad lines and its vertical resolution; the limits stand in fax.quality_class.
-- example: select fax.page_quality(60, 3850);
create function fax.page_quality(bad_lines integer, y_resolution integer) returns text
language sql stable parallel safe
begin atomic
    select q.quality
    from fax.quality_class q
    where bad_lines < coalesce(q.bad_line_ratio_below, 'infinity') * fax.page_lines(y_resolution)
    order by q.bad_line_ratio_below
    limit 1;
end;

comment on function fax.page_quality(integer, integer) is 'good, poor or bad by the share of bad lines in an A4 page at a vertical resolution (pixels per metre), an estimate; NULL where bad lines are not measurable.';

-- The text of a channel variable as it was before Asterisk wrote it into VarSet or ChanVariable: those escape quotes and
-- backslashes as C does (manager_channels.c, ast_escape_c_alloc). Line ends and other control characters stay escaped.
-- example: select fax.unescaped('incompatible \''modems\'' and \''minrate\'' settings');
create function fax.unescaped(value text) returns text
language sql immutable parallel safe
as $$
    select regexp_replace(value, '\\([''"?\\])', '\1', 'g')
$$;

comment on function fax.unescaped(text) is 'The text of a channel variable without the backslashes that Asterisk puts before quotes and backslashes.';

-- A moment that an observer told in the details of its own event, as faxstore writes it (ISO 8601, UTC).
-- Any other text is NULL, never an error: what a view reads must not be able to break it.
-- example: select fax.told_moment('{"LastPolled": "2026-11-23T14:17:54.123456+00:00"}', 'LastPolled');
create function fax.told_moment(details jsonb, name text) returns timestamptz
language sql stable parallel safe
begin atomic
    select case when details ->> name ~ '^20\d\d-(0[1-9]|1[0-2])-[0-3]\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?\+00:00$'
                -- by the first of the month, for a day that the month does not have would be an error
                then (left(details ->> name, 8) || '01' || substr(details ->> name, 11))::timestamptz
                     + (substr(details ->> name, 9, 2)::integer - 1) * interval '24 hours' end;
end;

comment on function fax.told_moment(jsonb, text) is 'A moment that an observer told in the details of its own event; NULL where there is none.';

-- A number among the headers of an answer, FAXStats say. NULL: none, or no number.
-- example: select fax.counter('{"TransmitAttempts": "7"}', 'TransmitAttempts');
create function fax.counter(details jsonb, name text) returns bigint
language sql immutable parallel safe
as $$
    select case when details ->> name ~ '^-?\d{1,10}$' then (details ->> name)::bigint end
$$;

comment on function fax.counter(jsonb, text) is 'A number among the headers of an answer; NULL where there is none.';

-- Why there was no good poll, in one of the words of fax.coverage_gaps, from one of the collector's own events.
-- The texts are those of faxstore/ami (connection, guard, collector) and of Asterisk (manager.c, process_message).
-- example: select fax.gap_reason('Disconnected', 'no answer to FAXSessions within 10 s');
create function fax.gap_reason(event text, reason text) returns text
language sql immutable parallel safe
as $$
    select case
        when event = 'Dropped' then 'dropped'
        when reason ilike any (array['permission denied%', 'login refused%', 'login not possible%']) then 'permission'
        when reason ilike any (array['no answer%', 'no greeting%', 'no connection within%', '%timed out%']) then 'server silent'
        when event = 'Connected' or reason ilike any (array['closed by faxstore%', 'faxstore %']) then 'collector down'
        when event in ('Disconnected', 'ConnectFailed') or reason ilike 'asterisk is shutting down%' then 'connection lost'
        when event = 'PollFailed' then 'poll refused'
        when event = 'Polled' then 'polls late'
    end
$$;

comment on function fax.gap_reason(text, text) is 'Why there was no good poll, from an event of the collector: collector down, connection lost, server silent, permission, poll refused, polls late or dropped.';

-- The intervals without a good poll of one server between two moments. What any observer polled is covered.
-- A poll on record (Polled) covers until the next one of its observer, if that comes within 150 s (one is told each
-- minute); where the connection or the polls failed in between, until the last complete list before (LastPolled).
-- What an observer saw and had to drop (Dropped, with From and To; an hour long at most) is not covered by its polls.
-- example: select * from fax.gaps('pbx1', '2026-11-23', '2026-11-24');
create function fax.gaps(of_server text, since timestamptz, until timestamptz)
returns table (began_at timestamptz, ended_at timestamptz, reason text, reasons text[], told text[])
language sql stable parallel safe
begin atomic
    with evidence as (
        select
            h.observed_at,
            h.event,
            h.details ->> 'Reason' as told,
            h.collector_id,
            fax.told_moment(h.details, 'LastPolled') as last_polled_at,
            fax.told_moment(h.details, 'Previous') as previous_at,
            case when h.event = 'Dropped' then least(h.observed_at, fax.told_moment(h.details, 'From')) else h.observed_at end as from_at,
            case when h.event = 'Dropped' then greatest(h.observed_at, fax.told_moment(h.details, 'To')) else h.observed_at end as to_at
        from fax.server_history h
        where h.server = of_server
          and h.observed_at >= since - interval '150 seconds' and h.observed_at <= until + interval '1 hour'
          and (h.observed_at <= until + interval '150 seconds' or h.event = 'Dropped')
          and h.event in ('Polled', 'PollFailed', 'Connected', 'Disconnected', 'ConnectFailed', 'Dropped')
    ),
    -- what says why: few rows among many polls
    trouble as materialized (
        select e.* from evidence e where e.event <> 'Polled' or e.previous_at is not null
    ),
    followed as (
        select
            e.*,
            lead(e.event) over in_order as next_event,
            lead(e.observed_at) over in_order as next_at,
            lead(e.last_polled_at) over in_order as next_last_polled_at,
            lead(e.previous_at) over in_order as next_previous_at
        from evidence e
        where e.event <> 'Dropped'
        window in_order as (partition by e.collector_id order by e.observed_at)
    ),
    polled as (
        select f.collector_id, range_agg(tstzrange(f.observed_at, greatest(f.observed_at, case
            when f.next_event in ('Disconnected', 'PollFailed') then f.next_last_polled_at
            when f.next_event = 'Polled' and f.next_previous_at is not null then f.next_previous_at
            when f.next_event = 'Polled' and f.next_at <= f.observed_at + interval '150 seconds' then f.next_at
            -- its next word is not due yet, and no other observer came since
            when f.next_event is null and f.observed_at > now() - interval '150 seconds' and not exists (
                select 1 from trouble o
                where o.event = 'Connected' and o.collector_id <> f.collector_id and o.observed_at > f.observed_at) then now()
        end), '[]')) as time
        from followed f
        where f.event = 'Polled'
        group by f.collector_id
    ),
    dropped as (
        select e.collector_id, range_agg(tstzrange(e.from_at, e.to_at, '[]')) as time
        from evidence e
        where e.event = 'Dropped'
        group by e.collector_id
    ),
    covered as (
        select range_agg(p.time - coalesce(d.time, '{}')) as time
        from polled p
        left join dropped d on d.collector_id = p.collector_id
    ),
    gap as (
        select lower(g.time) as began_at, upper(g.time) as ended_at
        from covered c
        cross join lateral unnest(
            tstzmultirange(case when since <= until then tstzrange(since, until, '[]') end) - coalesce(c.time, '{}')) as g (time)
    )
    select
        g.began_at,
        g.ended_at,
        coalesce(w.reasons[1], 'collector down'),
        coalesce(w.reasons, array['collector down']),
        w.told
    from gap g
    cross join lateral (
        select
            array_agg(r.reason order by r.first_at) as reasons,
            (select array_agg(t.told order by t.first_at)
             from (select e.told, min(e.from_at) as first_at from trouble e
                   where e.to_at >= g.began_at and e.from_at <= g.ended_at and e.told is not null
                   group by e.told) t) as told
        from (
            select p.reason, min(p.from_at) as first_at
            from (
                select
                    e.from_at,
                    -- An observer that connects without having told that it lost its connection was not running.
                    case when e.event = 'ConnectFailed' and row_number() over (order by e.from_at) = 1 then 'collector down'
                         else fax.gap_reason(e.event, e.told) end as reason
                from trouble e
                where e.to_at >= g.began_at and e.from_at <= g.ended_at
                  and (e.event <> 'Connected' or not exists (
                      select 1 from trouble d
                      where d.event in ('Disconnected', 'ConnectFailed') and d.observed_at >= g.began_at and d.observed_at < e.observed_at))
            ) p
            group by p.reason
        ) r
    ) w;
end;

comment on function fax.gaps(text, timestamptz, timestamptz) is 'The intervals without a good poll of a server between two moments (cut at them), with their reasons.';

-- Whether a server's own TransmitAttempts and ReceiveAttempts count a session: a run of SendFAX or ReceiveFAX whose
-- arguments were right (res_fax.c, sendfax_exec and receivefax_exec; failures-22 among the recordings).
-- example: select count(*) from fax.sessions where fax.is_attempt(operation, result_error);
create function fax.is_attempt(operation text, error text) returns boolean
language sql immutable parallel safe
as $$
    select (operation is null or operation in ('send', 'receive'))
           and coalesce(error not in ('INVALID_ARGUMENTS', 'NATIVE_T38'), true)
$$;

comment on function fax.is_attempt(text, text) is 'Whether a server''s own counters of attempts count a session, by its operation and FAXERROR.';

-- When the counters of a server began again at 0 between two moments, the last time: a start (FullyBooted, by its
-- Uptime) or a load of res_fax.so. NULL: no event told of one.
-- example: select fax.restarted_at('pbx1', '2026-11-23 14:00+00', '2026-11-23 15:00+00');
create function fax.restarted_at(of_server text, from_moment timestamptz, to_moment timestamptz) returns timestamptz
language sql stable parallel safe
begin atomic
    select max(b.began_at)
    from fax.server_history h
    cross join lateral (
        select case h.event when 'Load' then h.observed_at
                            else h.observed_at - fax.counter(h.details, 'Uptime') * interval '1 second' end as began_at
    ) b
    where h.server = of_server and h.observed_at > from_moment and h.observed_at <= to_moment
      and (h.event = 'FullyBooted' or (h.event = 'Load' and h.details ->> 'Module' ilike 'res_fax%'
                                       and coalesce(h.details ->> 'Status', 'Success') ilike 'success'))
      and b.began_at > from_moment;
end;

comment on function fax.restarted_at(text, timestamptz, timestamptz) is 'When a server''s fax counters last began again at 0 between two moments; NULL where no event told of it.';

-- grain: one row of the history, with what it means
-- example: select observed_at, pages, data_rate from fax.session_rows where session_id = '…' and started_at = '…';
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
        when 'gateway' then case when h.page_number > -2147483648 then h.page_number - 1 end
    end as pages,
    h.total_bad_lines,
    -- 33600 is V.34, the fastest there is; spandsp may tell any number for a modem that it does not know
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

-- grain: one attempt at one page of one session
-- example: select page, attempt, bad_lines from fax.page_attempts where session_id = '…' and started_at = '…';
-- TotalBadLines counts the page in hand. An attempt ends when PageNumber moves on or the count falls (the page is sent
-- again); the last value of the attempt is its bad lines. PageNumber never falls but where the session switches to T.38
-- and starts again: what was counted stays counted.
-- Two observers: one who took over from the other goes on with its attempts; of two who watched at the same time the
-- clocks may differ, so each page is told by one of them, the one who saw more.
-- A technology that counts by session (fax.technology) is lowered by what the pages before had; a page that is sent
-- again does not show there.
create view fax.page_attempts as
with observed as (
    select
        r.*,
        t.bad_lines_counted_by is distinct from 'session' as by_page,
        max(r.page_number) over (of_observer order by r.observed_at, r.position) as furthest_page,
        greatest(max(r.total_bad_lines) over (of_observer order by r.page_number
                                              range between unbounded preceding and 1 preceding), 0) as bad_lines_of_pages_before,
        min(r.observed_at) over of_observer as observer_began_at,
        max(r.observed_at) over of_observer as observer_ended_at
    from fax.session_rows r
    join fax.session s on s.session_id = r.session_id
    left join fax.technology t on t.technology = s.technology
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
counted as (
    select
        o.*,
        case when o.by_page or o.total_bad_lines is null then o.total_bad_lines
             else greatest(greatest(o.total_bad_lines, 0) - o.bad_lines_of_pages_before, 0) end as page_bad_lines
    from in_streams o
    where o.page_number = o.furthest_page
),
compared as (
    select
        i.*,
        lag(i.page_bad_lines) over (partition by i.session_id, i.started_at, i.page_number, i.stream
                                    order by i.observed_at, i.position) as bad_lines_before
    from counted i
),
numbered as (
    select
        c.*,
        1 + count(*) filter (where c.by_page and c.page_bad_lines < c.bad_lines_before)
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
        (array_agg(n.page_bad_lines order by n.observed_at desc, n.position desc))[1] as bad_lines,
        min(n.observed_at) filter (where n.measured) as first_measured_at,
        (array_agg(n.data_rate order by n.observed_at desc, n.position desc) filter (where n.data_rate is not null))[1] as data_rate,
        (array_agg(n.y_resolution order by n.observed_at desc, n.position desc) filter (where n.y_resolution is not null))[1] as y_resolution
    from numbered n
    group by n.session_id, n.started_at, n.page_number, n.stream, n.attempt
),
judged as (
    select
        a.*,
        a.attempt = max(a.attempt) over (partition by a.session_id, a.started_at, a.page, a.stream) as kept,
        first_value(a.stream) over (partition by a.session_id, a.started_at, a.page
                                    order by a.attempt desc, a.bad_lines desc nulls last, a.stream) as best_stream
    from attempts a
)
select
    j.session_id, j.started_at, j.page, j.attempt, j.first_seen_at, j.last_seen_at, j.snapshots, j.bad_lines,
    j.first_measured_at, j.data_rate, j.y_resolution, j.kept
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
comment on column fax.page_attempts.kept is 'The last attempt at this page: the one whose bad lines count.';

-- grain: one fax session; what its rows say as a whole, before names and parties are put to it
-- example: select pages, status from fax.session_facts where session_id = '…';
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
    n.began_at as next_life_at,
    x.error_correction_mode,
    x.first_data_rate,
    x.last_data_rate,
    x.lowest_data_rate,
    x.rate_falls,
    x.x_resolution,
    x.y_resolution,
    -- Bad lines are counted by a receiver without ECM only (spandsp, t30.c and t4_rx.c).
    coalesce(x.operation = 'receive', false) and x.error_correction_mode is false as bad_lines_measurable,
    coalesce(t.bad_lines_counted_by, 'page') as bad_lines_counted_by,
    x.completed,
    x.attempted,
    x.call,
    x.dialled_number,
    x.status,
    x.error,
    x.status_text,
    x.local_station_id,
    x.remote_station_id,
    x.first_position,
    x.last_position
from fax.session s
left join fax.technology t on t.technology = s.technology
cross join lateral (
    with own as materialized (
        select r.* from fax.session_rows r where r.session_id = s.session_id and r.started_at = s.started_at
    ),
    observer as (
        select d.collector_id, min(d.observed_at) as began_at, max(d.observed_at) as ended_at
        from own d
        where d.is_snapshot
        group by d.collector_id
    )
    select
        coalesce(o.operation, case c.event when 'SendFAX' then 'send' when 'ReceiveFAX' then 'receive' end,
                 v.operation, s.operation) as operation,
        coalesce(s.uniqueid, c.details ->> 'Uniqueid') as uniqueid,
        o.state,
        o.transport,
        coalesce(o.file_names, c.file_names, v.file_names) as file_names,
        o.snapshots,
        o.pages as pages_observed,
        coalesce(c.pages, o.pages) as pages,
        o.first_seen_at as first_snapshot_at,
        o.last_seen_at as last_snapshot_at,
        c.completed_at,
        g.gone_at,
        e.last_row_at,
        o.error_correction_mode,
        o.first_data_rate,
        coalesce(o.last_data_rate, c.data_rate) as last_data_rate,
        o.lowest_data_rate,
        f.rate_falls,
        coalesce(o.x_resolution, c.x_resolution) as x_resolution,
        coalesce(o.y_resolution, c.y_resolution) as y_resolution,
        c.event is not null as completed,
        v.attempted,
        coalesce(c.details, v.channel_status, v.channel_event) as call,
        nullif(v.channel_status ->> 'DNID', '') as dialled_number,
        nullif(coalesce(fax.channel_variable(c.details, 'FAXSTATUS'), v.status), '') as status,
        nullif(fax.unescaped(coalesce(fax.channel_variable(c.details, 'FAXERROR'), v.error)), '') as error,
        nullif(fax.unescaped(coalesce(fax.channel_variable(c.details, 'FAXSTATUSSTRING'), v.status_text)), '') as status_text,
        coalesce(nullif(c.details ->> 'LocalStationID', ''), fax.unescaped(v.local_station_id)) as local_station_id,
        coalesce(nullif(c.details ->> 'RemoteStationID', ''), fax.unescaped(v.remote_station_id)) as remote_station_id,
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
            (array_agg(n.operation order by n.observed_at desc) filter (where n.operation is not null))[1] as operation,
            (array_agg(n.state order by n.observed_at desc) filter (where n.state is not null))[1] as state,
            (array_agg(n.session_type order by n.observed_at desc) filter (where n.session_type <> 'none'))[1] as transport,
            (array_agg(n.error_correction_mode order by n.observed_at desc) filter (where n.error_correction_mode is not null))[1]
                as error_correction_mode,
            (array_agg(n.x_resolution order by n.observed_at desc) filter (where n.x_resolution is not null))[1] as x_resolution,
            (array_agg(n.y_resolution order by n.observed_at desc) filter (where n.y_resolution is not null))[1] as y_resolution,
            array_agg(distinct n.file_name) filter (where n.file_name is not null) as file_names
        from own n
        where n.is_snapshot
    ) o
    -- How often the rate fell. Of observers who watched at the same time (as in fax.page_attempts) the one who saw it fall
    -- most tells it.
    cross join lateral (
        select coalesce(max(p.falls), 0) as rate_falls
        from (
            select count(*) filter (where n.data_rate < n.data_rate_before) as falls
            from (
                select w.stream, d.data_rate, lag(d.data_rate) over (partition by w.stream order by d.observed_at) as data_rate_before
                from (
                    select
                        i.collector_id,
                        case when exists (
                            select 1
                            from observer j
                            join observer k on k.collector_id > j.collector_id and k.began_at <= j.ended_at and j.began_at <= k.ended_at
                        ) then i.collector_id else '' end as stream
                    from observer i
                ) w
                join own d on d.collector_id = w.collector_id
                where d.is_snapshot and d.data_rate is not null
            ) n
            group by n.stream
        ) p
    ) f
    -- the completion event
    left join lateral (
        select
            h.event,
            h.observed_at as completed_at,
            h.pages,
            nullif(h.data_rate, 0) as data_rate,
            h.x_resolution,
            h.y_resolution,
            case when jsonb_typeof(h.details -> 'FileName') = 'array'
                 then (select array_agg(n.name) from jsonb_array_elements_text(h.details -> 'FileName') n (name))
                 when h.file_name is not null then array[h.file_name] end as file_names,
            h.details
        from own h
        where h.event in ('SendFAX', 'ReceiveFAX')
        order by h.observed_at
        limit 1
    ) c on true
    -- The first complete list that no longer had it. What refutes it: a snapshot of the same observer that is later both
    -- by its clock and in the history, or one of another observer that is later by more than two clocks are apart.
    cross join lateral (
        select min(h.observed_at) as gone_at
        from own h
        where h.event = 'Gone'
          and not exists (
              select 1
              from own d
              where d.is_snapshot
                and case when d.collector_id = h.collector_id then d.observed_at > h.observed_at and d.position > h.position
                         else d.observed_at > h.observed_at + interval '30 seconds' end
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
            (array_agg(h.details order by h.observed_at) filter (where h.event = 'Status'))[1] as channel_status,
            (array_agg(h.details order by h.observed_at) filter (where h.event in ('FAXStatus', 'Newexten')))[1] as channel_event,
            (array_agg(h.operation order by h.observed_at)
                filter (where h.event in ('FAXStatus', 'Newexten') and h.operation is not null))[1] as operation,
            -- the application's first argument: SendFAX(file&file,options) (res_fax.c, sendfax_exec)
            string_to_array(nullif(split_part((array_agg(h.details ->> 'AppData' order by h.observed_at)
                filter (where h.event = 'Newexten'))[1], ',', 1), ''), '&') as file_names,
            count(*) filter (where x.variable = 'FAXSTATUS' or h.event in ('FAXStatus', 'Newexten')) > 0 as attempted
        from own h
        cross join lateral (
            select h.details ->> 'Variable' as variable, coalesce(h.details ->> 'Value', '') as value
            where h.event = 'VarSet'
            union all
            select null, null where h.event <> 'VarSet'
        ) x
        where h.event in ('VarSet', 'FAXStatus', 'Newexten', 'Status')
          and (h.event <> 'VarSet' or h.observed_at between coalesce(o.first_seen_at, h.observed_at)
                                                        and coalesce(c.completed_at, h.observed_at))
    ) v
    -- its place in the history
    cross join lateral (
        select min(h.position) as first_position, max(h.position) as last_position, max(h.observed_at) as last_row_at
        from own h
    ) e
) x
-- the next life of its server, where nothing else tells of an end
left join lateral (
    select coalesce(later.reloaded_at, later.started_at, later.first_seen_at) as began_at
    from fax.epoch mine
    join fax.epoch later on later.server = mine.server and later.epoch_id <> mine.epoch_id
    where mine.epoch_id = s.epoch_id
      and (coalesce(later.reloaded_at, later.started_at, later.first_seen_at), later.reload_ordinal)
          > (coalesce(mine.reloaded_at, mine.started_at, mine.first_seen_at), mine.reload_ordinal)
    order by began_at, later.reload_ordinal
    limit 1
) n on not x.completed and x.gone_at is null and not (s.session_number is null and x.snapshots = 0);

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
comment on column fax.session_facts.file_names is 'Files sent or received, or of a fax that never was a session those that its application was called with (personal). NULL: not told.';
comment on column fax.session_facts.snapshots is 'Snapshots that polls took.';
comment on column fax.session_facts.pages_observed is 'Highest count of pages that a poll saw. NULL: not told.';
comment on column fax.session_facts.pages is 'The count of the completion event, else pages_observed. NULL: not told.';
comment on column fax.session_facts.first_snapshot_at is 'First snapshot. NULL: none.';
comment on column fax.session_facts.last_snapshot_at is 'Last snapshot. NULL: none.';
comment on column fax.session_facts.completed_at is 'When the completion event came. NULL: none came.';
comment on column fax.session_facts.gone_at is 'First complete list without it. NULL: none.';
comment on column fax.session_facts.last_row_at is 'Last observation of any kind.';
comment on column fax.session_facts.next_life_at is 'Start of the next life of its server, where it was listed and neither a completion event nor a list tells of its end. NULL: there is none.';
comment on column fax.session_facts.error_correction_mode is 'ECM by the last measurement. NULL: never negotiated.';
comment on column fax.session_facts.first_data_rate is 'First measured rate, bit/s. NULL: never negotiated.';
comment on column fax.session_facts.last_data_rate is 'Last rate, bit/s; of the completion event where no poll measured it. NULL: not told.';
comment on column fax.session_facts.lowest_data_rate is 'Lowest measured rate, bit/s. NULL: never negotiated.';
comment on column fax.session_facts.rate_falls is 'How often the measured rate fell, by the observer who saw it fall most.';
comment on column fax.session_facts.x_resolution is 'Pixels per metre across. NULL: not told.';
comment on column fax.session_facts.y_resolution is 'Pixels per metre down. NULL: not told.';
comment on column fax.session_facts.bad_lines_measurable is 'A receiver without ECM.';
comment on column fax.session_facts.bad_lines_counted_by is 'What the technology counts bad lines by: page or session (fax.technology).';
comment on column fax.session_facts.attempted is 'An event told that a fax application began: FAXStatus, Newexten, or VarSet of FAXSTATUS.';
comment on column fax.session_facts.dialled_number is 'DNID of the channel, by its Status (personal). NULL: not told.';
comment on column fax.session_facts.completed is 'A completion event came.';
comment on column fax.session_facts.call is 'Headers of the channel, by its completion event, else Status, else FAXStatus or Newexten (personal). NULL: no such event.';
comment on column fax.session_facts.status is 'FAXSTATUS at the end. NULL: not on the wire, or blank.';
comment on column fax.session_facts.error is 'FAXERROR at the end. NULL: not on the wire, or blank.';
comment on column fax.session_facts.status_text is 'FAXSTATUSSTRING at the end. NULL: not on the wire, or blank.';
comment on column fax.session_facts.local_station_id is 'Station id of this end (personal). NULL: none, or not told.';
comment on column fax.session_facts.remote_station_id is 'Station id of the other end (personal). NULL: none, or not told.';
comment on column fax.session_facts.first_position is 'First position of its rows.';
comment on column fax.session_facts.last_position is 'Last position of its rows.';

-- grain: one fax session
-- example: select server, session_number, direction, pages, bad_lines, result from fax.sessions where started_at >= '2026-11-01';
-- A fax that no list showed (too short, or failed before Asterisk made a session of it) is here by its events; channel
-- variables of the same names that someone else set are no fax.
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
        when 'receive' then coalesce(f.dialled_number, nullif(f.call ->> 'Exten', ''))
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
    case when f.bad_lines_measurable and f.bad_lines_counted_by = 'page' then coalesce(b.bad_lines_discarded, 0) end as bad_lines_discarded,
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
    case
        when f.error = 'NATIVE_T38' or f.status = 'SUCCESS' then 'success'
        when f.status = 'FAILED' then 'failed'
        else 'unknown'
    end as result,
    fax.result_class(f.status, f.error, f.status_text) as result_class,
    coalesce(f.status_text, f.error) as result_text,
    f.snapshots,
    f.first_position,
    f.last_position,
    case when e.end_observed_by <> 'open' then least(coalesce(f.last_snapshot_at, f.last_row_at), e.ended_not_after) end as ended_not_before,
    e.ended_not_after,
    case when f.bad_lines_measurable then b.poll_gap_seconds end as poll_gap_seconds,
    case when f.bad_lines_measurable then coalesce(b.poll_gap_seconds > 0.85 or b.pages_bounded < f.pages, f.pages > 0, false) end as bad_lines_lower_bound,
    exists (
        select 1 from fax.gaps(
            f.server, least(f.started_at, f.first_snapshot_at - interval '1 second'), coalesce(e.ended_not_after, now()))
    ) as overlaps_gap,
    case when f.operation = 'V.21' then (
        select g.session_id
        from fax.session g
        where g.epoch_id = f.epoch_id and left(g.channel, 100) = left(f.channel, 100) and g.channel = f.channel
          and g.operation <> 'V.21'
          and g.session_number > f.session_number
          and g.started_at <= coalesce(e.ended_at, f.last_row_at) + interval '1 minute'
          and coalesce(g.uniqueid = f.uniqueid, true)
        order by g.session_number
        limit 1
    ) end as fax_session_id,
    f.error as result_error
from fax.session_facts f
cross join lateral (
    select
        case
            when f.completed then 'completion'
            when f.gone_at is not null then 'gone'
            when f.session_number is null and f.snapshots = 0 then 'gone'
            when f.next_life_at is not null then 'server_restart'
            else 'open'
        end as end_observed_by,
        case
            when f.completed then f.completed_at
            when f.gone_at is not null then f.gone_at
            when f.next_life_at is not null or (f.session_number is null and f.snapshots = 0) then f.last_row_at
        end as ended_at,
        case
            when f.completed then f.completed_at
            when f.gone_at is not null then f.gone_at
            when f.session_number is null and f.snapshots = 0 then f.last_row_at
            else f.next_life_at
        end as ended_not_after
) e
left join lateral (
    select
        sum(p.bad_lines)::bigint as bad_lines,
        sum(p.bad_lines_discarded)::bigint as bad_lines_discarded,
        max(p.bad_lines) as worst_page_bad_lines,
        count(p.poll_gap_seconds) as pages_bounded,
        max(p.poll_gap_seconds) as poll_gap_seconds
    from (
        select
            g.page,
            g.bad_lines,
            g.bad_lines_discarded,
            case when coalesce(g.next_seen_at, e.ended_not_after) >= g.last_seen_at
                 then extract(epoch from coalesce(g.next_seen_at, e.ended_not_after) - g.last_seen_at) end as poll_gap_seconds
        from (
            select
                a.page,
                max(a.bad_lines) filter (where a.kept) as bad_lines,
                sum(a.bad_lines) filter (where not a.kept) as bad_lines_discarded,
                max(a.last_seen_at) as last_seen_at,
                min(min(a.first_seen_at)) over (order by a.page rows between 1 following and unbounded following) as next_seen_at
            from fax.page_attempts a
            where a.session_id = f.session_id and a.started_at = f.started_at
            group by a.page
        ) g
    ) p
    where p.page between 1 and f.pages
) b on f.bad_lines_measurable
where f.snapshots > 0 or f.completed or f.attempted;

comment on view fax.sessions is 'One fax session: who, when, how many pages, how many bad lines, how it ended, and the evidence for it.';
comment on column fax.sessions.session_id is 'Identity of the session, the same wherever its recording is imported.';
comment on column fax.sessions.server is 'Name of the server in the settings.';
comment on column fax.sessions.epoch_id is 'The epoch (fax.epoch) in which session_number counts: numbers begin at 0 again with each start of the server.';
comment on column fax.sessions.session_number is 'SessionNumber of Asterisk. NULL: never listed, known only from its events.';
comment on column fax.sessions.operation is 'Operation as sent: send, receive, gateway, V.21. NULL: not told.';
comment on column fax.sessions.direction is 'sent, received, gateway, or detector (V.21: listens for a fax tone, is no fax). NULL: none of these.';
comment on column fax.sessions.channel is 'Channel (personal: may hold a number). NULL: not told.';
comment on column fax.sessions.uniqueid is 'Uniqueid of the channel, by its events or its Status. NULL: not told.';
comment on column fax.sessions.linkedid is 'Linkedid of the call, by its events or its Status. NULL: not told.';
comment on column fax.sessions.account_code is 'Account code of the channel, by its events or its Status. NULL: none, or not told.';
comment on column fax.sessions.caller_number is 'CallerIDNum of the channel, as sent (personal). NULL: unknown.';
comment on column fax.sessions.called_number is 'Received: the number that was dialled (DNID of its Status), else the extension that was called; other directions: ConnectedLineNum; as sent (personal). NULL: unknown.';
comment on column fax.sessions.local_station_id is 'Station id of this end (personal). NULL: none, or not told.';
comment on column fax.sessions.remote_station_id is 'Station id of the other end, its own choice (personal). NULL: none, or not told.';
comment on column fax.sessions.transport is 'G.711 or T.38, the last one used. NULL: not told (gateway, detector).';
comment on column fax.sessions.file_names is 'Files sent or received, or of a fax that never was a session those that its application was called with (personal). NULL: not told.';
comment on column fax.sessions.started_at is 'First observation, by the observer''s clock; the fax began at most one poll earlier.';
comment on column fax.sessions.ended_at is 'Completion: when its event came. Gone: the first complete list without it. Server restart: the last observation before it. Never listed and no completion event: the last row. NULL: open.';
comment on column fax.sessions.duration_seconds is 'Seconds from started_at to ended_at. NULL: open, or the observer''s clock was set back meanwhile.';
comment on column fax.sessions.end_observed_by is 'How the end is known: completion (SendFAX or ReceiveFAX), gone (absent from a complete list, or never in one), server_restart, or open.';
comment on column fax.sessions.state is 'Last state seen, as sent. NULL: never listed.';
comment on column fax.sessions.pages is 'Pages: the count of the completion event, else the highest seen; a gateway''s PageNumber less one. NULL: not told.';
comment on column fax.sessions.pages_observed is 'Highest count of pages that a poll saw. NULL: not told.';
comment on column fax.sessions.bad_lines is 'Bad lines in the pages kept: the last value seen of each page''s last attempt. NULL: not measurable (sender, ECM, gateway, never negotiated). A lower bound where bad_lines_lower_bound says so.';
comment on column fax.sessions.bad_lines_discarded is 'Bad lines of attempts that were sent again. NULL: not measurable, or the technology counts by session.';
comment on column fax.sessions.bad_lines_measurable is 'A receiver without ECM: the only one that counts bad lines.';
comment on column fax.sessions.worst_page_bad_lines is 'Bad lines of the worst page kept. NULL: not measurable.';
comment on column fax.sessions.error_correction_mode is 'ECM in use, once negotiated. NULL: never negotiated, or not told.';
comment on column fax.sessions.first_data_rate is 'First measured rate, bit/s. NULL: never negotiated.';
comment on column fax.sessions.last_data_rate is 'Last rate, bit/s. NULL: not told.';
comment on column fax.sessions.lowest_data_rate is 'Lowest measured rate, bit/s. NULL: never negotiated.';
comment on column fax.sessions.rate_falls is 'How often the measured rate fell, by the observer who saw it fall most; the default before negotiation is no measurement.';
comment on column fax.sessions.x_resolution is 'Pixels per metre across, last measured. NULL: not told.';
comment on column fax.sessions.y_resolution is 'Pixels per metre down, last measured. NULL: not told.';
comment on column fax.sessions.resolution is 'standard, fine or superfine. NULL: not told, or another.';
comment on column fax.sessions.result is 'success or failed, by FAXSTATUS (NATIVE_T38, no gateway was necessary, is a success); unknown where it was not on the wire.';
comment on column fax.sessions.result_class is 'Class of the result as in Asterisk''s fax show stats. NULL: result unknown.';
comment on column fax.sessions.result_text is 'FAXSTATUSSTRING, else FAXERROR. NULL: not told.';
comment on column fax.sessions.snapshots is 'Snapshots that polls took of it; 0: known only from its events.';
comment on column fax.sessions.first_position is 'First position of its rows in the history.';
comment on column fax.sessions.last_position is 'Last position of its rows in the history.';
comment on column fax.sessions.ended_not_before is 'It ended at or after this moment: the last snapshot of it, else its last row. NULL: open.';
comment on column fax.sessions.ended_not_after is 'It ended at or before this moment: its completion event, the first complete list without it, or the start of the server''s next life. NULL: open.';
comment on column fax.sessions.poll_gap_seconds is 'Seconds between the last poll that saw a page in hand and the next one, the widest of its pages. NULL: bad lines are not measurable, or no poll saw a page.';
comment on column fax.sessions.bad_lines_lower_bound is 'Bad lines may be more: a page was in no poll, or poll_gap_seconds is above 0.85, the shortest pause between the last line of a page and the next page (T.30, preamble). NULL: not measurable.';
comment on column fax.sessions.overlaps_gap is 'An interval without a good poll (fax.coverage_gaps) lies in its time, or in the second before its first snapshot: then it may have begun unseen.';
comment on column fax.sessions.fax_session_id is 'Of a detector: the session of the fax that its channel then carried, a gateway''s say. NULL: none, or not a detector.';
comment on column fax.sessions.result_error is 'FAXERROR: HANGUP may stand beside a success. NULL: none, or not told.';

-- grain: one page of one session (one that is counted in fax.sessions.pages)
-- example: select page, bad_lines, seconds from fax.session_pages where session_id = '…' order by page;
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
    case when p.page_ended_at >= p.page_started_at then extract(epoch from p.page_ended_at - p.page_started_at) end as seconds,
    p.attempts,
    case when f.bad_lines_measurable then p.bad_lines end as bad_lines,
    case when f.bad_lines_measurable and f.bad_lines_counted_by = 'page' then p.bad_lines_discarded end as bad_lines_discarded,
    p.data_rate,
    fax.resolution_name(p.y_resolution) as resolution,
    fax.page_quality(case when f.bad_lines_measurable then p.bad_lines end, p.y_resolution) as quality,
    round(fax.page_lines(p.y_resolution))::integer as lines_estimated,
    case when f.bad_lines_measurable then round(p.bad_lines / fax.page_lines(p.y_resolution), 4) end as bad_line_ratio_estimated,
    case when p.page_left_at >= p.last_seen_at then extract(epoch from p.page_left_at - p.last_seen_at) end as poll_gap_seconds
from fax.session_facts f
cross join lateral (
    select
        coalesce(n.page, a.page) as page,
        -- The first page is in hand from the start of the session; it begins once the two ends have agreed.
        case when n.page > 1 then a.first_seen_at else a.first_measured_at end as page_started_at,
        min(a.first_seen_at) over later_pages as page_ended_at,
        coalesce(min(a.first_seen_at) over later_pages, f.completed_at, f.gone_at, f.next_life_at) as page_left_at,
        a.last_seen_at,
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
            max(t.last_seen_at) as last_seen_at,
            min(t.first_measured_at) as first_measured_at,
            max(t.bad_lines) filter (where t.kept) as bad_lines,
            coalesce(sum(t.bad_lines) filter (where not t.kept), 0) as bad_lines_discarded,
            (array_agg(t.data_rate order by t.attempt desc) filter (where t.data_rate is not null))[1] as data_rate,
            (array_agg(t.y_resolution order by t.attempt desc) filter (where t.y_resolution is not null))[1] as y_resolution
        from fax.page_attempts t
        where t.session_id = f.session_id and t.started_at = f.started_at
        group by t.page
    ) a on a.page = n.page
    window later_pages as (order by coalesce(n.page, a.page) rows between 1 following and unbounded following)
) p
where p.page between 1 and case when f.pages > 10000 then 10000 else f.pages end;

comment on view fax.session_pages is 'One page of one session: how long it took, how often it was sent, its bad lines. As many rows as fax.sessions.pages.';
comment on column fax.session_pages.session_id is 'The session.';
comment on column fax.session_pages.server is 'Name of the server in the settings.';
comment on column fax.session_pages.started_at is 'First observation of the session.';
comment on column fax.session_pages.page is 'Page, from 1.';
comment on column fax.session_pages.page_started_at is 'First snapshot with the page in hand (the first page: after negotiation). NULL: no poll saw it.';
comment on column fax.session_pages.page_ended_at is 'First snapshot with a later page in hand. NULL: no poll saw it.';
comment on column fax.session_pages.seconds is 'Seconds from page_started_at to page_ended_at, right to a poll interval at each end. NULL: one of them is not known, or two observers'' clocks put them the other way round.';
comment on column fax.session_pages.attempts is 'How often it was sent, as far as polls saw: more than 1 where its bad lines fell; a technology that counts by session shows 1. NULL: no poll saw it.';
comment on column fax.session_pages.bad_lines is 'Bad lines of the attempt that was kept: the last value seen, a lower bound where poll_gap_seconds is above 0.85. NULL: not measurable, or no poll saw it.';
comment on column fax.session_pages.bad_lines_discarded is 'Bad lines of the attempts that were sent again. NULL: not measurable, no poll saw it, or the technology counts by session.';
comment on column fax.session_pages.data_rate is 'Last rate in it, bit/s. NULL: not measured.';
comment on column fax.session_pages.resolution is 'standard, fine or superfine. NULL: not measured, or another.';
comment on column fax.session_pages.quality is 'good, poor or bad by bad_line_ratio_estimated and the limits in fax.quality_class. NULL: not measurable.';
comment on column fax.session_pages.lines_estimated is 'Lines of the page, an estimate: an A4 page at its resolution. NULL: resolution not measured.';
comment on column fax.session_pages.bad_line_ratio_estimated is 'Bad lines by lines_estimated, a ratio. NULL: not measurable.';
comment on column fax.session_pages.poll_gap_seconds is 'Seconds from the last poll that saw the page in hand to the next one that saw a later page, or to the end of the session. Up to 0.85 the last count of bad lines was seen: the next page begins after a preamble of about 1 s (T.30). NULL: no poll saw it, or how it ended is not known.';

-- grain: one change of one session, in order
-- example: select observed_at, changes, page_number, bad_lines_delta from fax.session_timeline where session_id = '…' order by observed_at;
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
                when 'Newexten' then coalesce(r.details ->> 'Application', 'a fax application') || ' begins'
                when 'Status' then 'channel status'
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
            -- behind a snapshot stand the events up to the next one: of a completion event the pages that no poll saw
            case when c.snapshots_so_far > 0 then first_value(c.pages) over (
                partition by c.session_id, c.started_at, c.snapshots_so_far order by c.observed_at, c.position)
            end as pages_last_polled,
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
        c.pages::bigint - case when c.is_snapshot then c.pages_before else c.pages_last_polled end as pages_delta,
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
comment on column fax.session_timeline.note is 'What an event says: FAXStatus text, the application that begins, pages of a completion event, FAXSTATUS. NULL: a snapshot.';
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

-- Usage between two moments of a time zone, by bucket of that zone, server, account and direction. A session counts as a
-- whole in the bucket in which it began. Tone detectors (V.21) are no faxes and are left out.
-- bucket: hour, day, week (from Monday), month, quarter or year.
-- example: select * from fax.usage('2026-10-01', '2026-11-01', 'Europe/Berlin', 'day');
create function fax.usage(from_local timestamp, to_local timestamp, time_zone text default 'UTC', bucket text default 'day')
returns table (
    bucket_start timestamptz, bucket_end timestamptz, server text, account_code text, direction text,
    sessions bigint, pages bigint, bad_lines bigint, seconds numeric,
    successes bigint, failures bigint, unknown_ends bigint
)
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    width interval;
begin
    if bucket is null or bucket not in ('hour', 'day', 'week', 'month', 'quarter', 'year') then
        raise exception 'bucket is %, expected hour, day, week, month, quarter or year', coalesce(quote_literal(bucket), 'null')
            using errcode = 'invalid_parameter_value';
    end if;
    width := case bucket when 'quarter' then interval '3 months' else ('1 ' || bucket)::interval end;
    return query
    select
        b.bucket_start,
        -- an hour is an hour; a day of a zone may have 23 or 25, and begin at one o'clock
        case when bucket = 'hour' then b.bucket_start + width
             else date_trunc(bucket, b.bucket_start at time zone time_zone + width) at time zone time_zone end,
        b.server, b.account_code, b.direction,
        count(*), sum(b.pages)::bigint, sum(b.bad_lines)::bigint, sum(b.duration_seconds),
        count(*) filter (where b.result = 'success'),
        count(*) filter (where b.result = 'failed'),
        count(*) filter (where b.result = 'unknown')
    from (
        select
            date_trunc(bucket, s.started_at, time_zone) as bucket_start,
            s.server, s.account_code, s.direction, s.pages, s.bad_lines, s.duration_seconds, s.result
        from fax.sessions s
        where s.started_at >= from_local at time zone time_zone
          and s.started_at < to_local at time zone time_zone
          and s.direction is distinct from 'detector'
    ) b
    group by b.bucket_start, b.server, b.account_code, b.direction
    order by b.bucket_start, b.server, b.account_code, b.direction;
end
$$;

comment on function fax.usage(timestamp, timestamp, text, text) is 'Sessions, pages, bad lines, seconds and results between two moments of a time zone, by bucket (hour, day, week, month, quarter, year) of that zone, server, account and direction.';

-- grain: one server, account and direction on one UTC day
-- example: select day, server, direction, sessions, pages from fax.usage_daily where day >= '2026-11-01' order by day;
-- Day by day, so that a filter on the day reads only the sessions of those days. For another time zone, or another
-- bucket than a day: fax.usage().
create view fax.usage_daily as
select
    d.day,
    u.server,
    u.account_code,
    u.direction,
    u.sessions,
    u.pages,
    u.bad_lines,
    u.seconds,
    u.successes,
    u.failures,
    u.unknown_ends
from (
    select generate_series(
        (select min(s.started_at) at time zone 'UTC' from fax.session s)::date,
        (select max(s.started_at) at time zone 'UTC' from fax.session s)::date,
        interval '1 day')::date as day
) d
cross join lateral fax.usage(d.day, d.day + 1, 'UTC', 'day') u;

comment on view fax.usage_daily is 'Usage by UTC day, server, account and direction; a session counts on the day on which it began. Days without faxes have no row.';
comment on column fax.usage_daily.day is 'UTC day on which the sessions began.';
comment on column fax.usage_daily.server is 'Name of the server in the settings.';
comment on column fax.usage_daily.account_code is 'Account code of the channel. NULL: none, or not told.';
comment on column fax.usage_daily.direction is 'sent, received or gateway. NULL: not told.';
comment on column fax.usage_daily.sessions is 'Sessions: successes, failures and unknown_ends together.';
comment on column fax.usage_daily.pages is 'Pages of them. NULL: told of none.';
comment on column fax.usage_daily.bad_lines is 'Bad lines in the pages kept, of the sessions that can measure them. NULL: none of them can.';
comment on column fax.usage_daily.seconds is 'Seconds from their first observation to their end. NULL: none has ended.';
comment on column fax.usage_daily.successes is 'Sessions with result success.';
comment on column fax.usage_daily.failures is 'Sessions with result failed.';
comment on column fax.usage_daily.unknown_ends is 'Sessions whose result was not on the wire, open ones too.';

-- grain: one server, result class and UTC day
-- example: select day, server, result_class, sessions from fax.failures where day >= '2026-11-01' order by day, sessions desc;
-- Failed sessions by class, and the sessions that ended without a result on the wire as class NULL: how they ended is not
-- known, and they are not counted as failures of any class.
create view fax.failures as
select
    d.day,
    c.server,
    c.result_class,
    c.sessions,
    c.after_a_page,
    c.faxes,
    round(c.sessions::numeric / c.faxes, 4) as share,
    round(sum(case when c.result_class is null or c.result_class = 'unknown_error' then c.sessions else 0 end) over of_day
          / sum(c.sessions) over of_day, 4) as unknown_share
from (
    select generate_series(
        (select min(s.started_at) at time zone 'UTC' from fax.session s)::date,
        (select max(s.started_at) at time zone 'UTC' from fax.session s)::date,
        interval '1 day')::date as day
) d
cross join lateral (
    select
        f.server,
        f.result_class,
        count(*) as sessions,
        count(*) filter (where f.pages > 0) as after_a_page,
        min(f.faxes) as faxes,
        f.result
    from (
        select s.server, s.result, s.result_class, s.pages, count(*) over (partition by s.server) as faxes
        from fax.sessions s
        where s.started_at >= d.day::timestamp at time zone 'UTC'
          and s.started_at < (d.day + 1)::timestamp at time zone 'UTC'
          and s.direction is distinct from 'detector'
          and s.end_observed_by <> 'open'
    ) f
    where f.result <> 'success'
    group by f.server, f.result, f.result_class
) c
window of_day as (partition by d.day, c.server);

comment on view fax.failures is 'Sessions that ended without success, by server, result class and UTC day on which they began.';
comment on column fax.failures.day is 'UTC day on which the sessions began.';
comment on column fax.failures.server is 'Name of the server in the settings.';
comment on column fax.failures.result_class is 'Class as in Asterisk''s fax show stats. NULL: ended, and no result was on the wire.';
comment on column fax.failures.sessions is 'Sessions of that class.';
comment on column fax.failures.after_a_page is 'Those of them in which at least one page was done: partial faxes.';
comment on column fax.failures.faxes is 'All sessions of the server that began that day and have ended, detectors apart.';
comment on column fax.failures.share is 'sessions by faxes, a ratio.';
comment on column fax.failures.unknown_share is 'Of the server''s sessions of that day that ended without success, the share whose reason is unknown (class NULL or unknown_error), a ratio; 0 where each has one. The same in each row of server and day.';

-- Quality by the station at the other end, of sessions that began between two moments of a time zone. Inspired by the
-- metrics of ITU-T E.450 to E.458, of which it claims none.
-- What cannot be measured is left out of a ratio, and its share is told: bad lines are counted by receivers without ECM.
-- example: select * from fax.quality('2026-10-01', '2026-11-01', 'Europe/Berlin') order by bad_line_ratio_estimated desc nulls last;
create function fax.quality(from_local timestamp, to_local timestamp, time_zone text default 'UTC')
returns table (
    peer text, transport text, error_correction_mode boolean,
    sessions bigint, pages bigint, measurable_pages bigint,
    error_free_page_rate numeric, bad_lines bigint, bad_line_ratio_estimated numeric, resent_pages bigint,
    seconds_per_page numeric, rate_falls bigint, rate_fall_rate numeric, cut_off_rate numeric,
    not_measurable_rate numeric, successes bigint, failures bigint, unknown_ends bigint
)
language sql stable parallel safe
begin atomic
    select
        s.peer, s.transport, s.error_correction_mode,
        count(*), sum(s.pages)::bigint, sum(p.measurable_pages)::bigint,
        round(sum(p.error_free_pages) / nullif(sum(p.measurable_pages), 0), 4),
        sum(p.bad_lines)::bigint,
        round(sum(p.bad_lines) / nullif(sum(p.lines_estimated), 0), 4),
        sum(p.resent_pages)::bigint,
        round(sum(p.seconds) / nullif(sum(p.timed_pages), 0), 2),
        sum(s.rate_falls)::bigint,
        round(count(*) filter (where s.rate_falls > 0)::numeric / nullif(count(*) filter (where s.negotiated), 0), 4),
        round(count(*) filter (where s.negotiated and s.result = 'failed')::numeric
              / nullif(count(*) filter (where s.negotiated and s.result <> 'unknown'), 0), 4),
        round(1 - sum(p.measurable_pages) / nullif(sum(s.pages), 0), 4),
        count(*) filter (where s.result = 'success'),
        count(*) filter (where s.result = 'failed'),
        count(*) filter (where s.result = 'unknown')
    from (
        select
            f.session_id, f.started_at, f.transport, f.error_correction_mode, f.pages, f.rate_falls, f.result,
            f.first_data_rate is not null as negotiated,
            coalesce(f.remote_station_id, case f.direction when 'received' then f.caller_number else f.called_number end) as peer
        from fax.sessions f
        where f.started_at >= from_local at time zone time_zone
          and f.started_at < to_local at time zone time_zone
          and f.direction is distinct from 'detector'
    ) s
    cross join lateral (
        select
            count(g.bad_lines) as measurable_pages,
            count(*) filter (where g.bad_lines = 0) as error_free_pages,
            sum(g.bad_lines) as bad_lines,
            sum(g.lines_estimated) filter (where g.bad_lines is not null) as lines_estimated,
            count(*) filter (where g.attempts > 1) as resent_pages,
            sum(g.seconds) as seconds,
            count(g.seconds) as timed_pages
        from fax.session_pages g
        where g.session_id = s.session_id and g.started_at = s.started_at
    ) p
    group by s.peer, s.transport, s.error_correction_mode;
end;

comment on function fax.quality(timestamp, timestamp, text) is 'fax.quality_by_peer for the sessions that began between two moments of a time zone.';

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

-- What a server counted between two of its FAXStats readings, beside the sessions that were seen in that time: begun
-- for the attempts, completed for the completions. The readings are the last one up to a moment and the first one from
-- another moment on; no row: one of them is not there.
-- A server that restarted counts from 0: then its new counts are all there is, and sessions since stand beside them.
-- example: select * from fax.counted_faxes('pbx1', '2026-11-23 14:00+00', '2026-11-23 15:00+00');
create function fax.counted_faxes(of_server text, from_moment timestamptz, to_moment timestamptz)
returns table (
    from_at timestamptz, to_at timestamptz, restarted boolean,
    transmit_attempts bigint, transmit_attempts_seen bigint,
    receive_attempts bigint, receive_attempts_seen bigint,
    attempts_missed bigint,
    completed bigint, completed_seen bigint,
    failed bigint, failed_seen bigint
)
language sql stable parallel safe
begin atomic
    with reading as (
        (select h.observed_at, h.details, 'before' as side
         from fax.server_history h
         where h.server = of_server and h.event = 'FAXStats' and h.observed_at <= from_moment
         order by h.observed_at desc limit 1)
        union all
        (select h.observed_at, h.details, 'after'
         from fax.server_history h
         where h.server = of_server and h.event = 'FAXStats' and h.observed_at >= to_moment
         order by h.observed_at limit 1)
    ),
    counters as (
        select
            r.observed_at,
            r.side,
            fax.counter(r.details, 'TransmitAttempts') as transmit_attempts,
            fax.counter(r.details, 'ReceiveAttempts') as receive_attempts,
            fax.counter(r.details, 'CompletedFAXes') as completed,
            fax.counter(r.details, 'FailedFAXes') as failed
        from reading r
    ),
    compared as (
        select
            b.observed_at as from_at,
            a.observed_at as to_at,
            n.began_at,
            fell.back or n.began_at is not null as restarted,
            a.transmit_attempts - case when fell.back or n.began_at is not null then 0 else b.transmit_attempts end as transmit_attempts,
            a.receive_attempts - case when fell.back or n.began_at is not null then 0 else b.receive_attempts end as receive_attempts,
            a.completed - case when fell.back or n.began_at is not null then 0 else b.completed end as completed,
            a.failed - case when fell.back or n.began_at is not null then 0 else b.failed end as failed
        from counters b
        join counters a on a.side = 'after'
        cross join lateral (
            select coalesce(a.transmit_attempts < b.transmit_attempts or a.receive_attempts < b.receive_attempts
                            or a.completed < b.completed or a.failed < b.failed, false) as back
        ) fell
        cross join lateral (select fax.restarted_at(of_server, b.observed_at, a.observed_at) as began_at) n
        where b.side = 'before'
    )
    select
        c.from_at, c.to_at, c.restarted,
        c.transmit_attempts, s.transmit_attempts,
        c.receive_attempts, s.receive_attempts,
        c.transmit_attempts + c.receive_attempts - s.attempts,
        c.completed, e.completed,
        c.failed, e.failed
    from compared c
    cross join lateral (select greatest(c.from_at, c.began_at) as since) t
    cross join lateral (
        select
            count(*) filter (where q.operation = 'send') as transmit_attempts,
            count(*) filter (where q.operation = 'receive') as receive_attempts,
            count(*) as attempts
        from fax.sessions q
        where q.server = of_server and q.started_at > t.since and q.started_at <= c.to_at
          and fax.is_attempt(q.operation, q.result_error)
    ) s
    cross join lateral (
        select
            count(*) as completed,
            count(*) filter (where q.result = 'failed') as failed
        from (
            -- by the index of completion events; a fax that ended in this time may have begun long before it
            select distinct h.session_id, h.started_at
            from fax.session_history h
            where h.event in ('SendFAX', 'ReceiveFAX')
              and h.observed_at > t.since and h.observed_at <= c.to_at
              and h.started_at > t.since - interval '1 day' and h.started_at <= c.to_at
        ) ended
        join lateral (
            select f.server, f.result, f.ended_at
            from fax.sessions f
            where f.session_id = ended.session_id and f.started_at = ended.started_at
        ) q on q.server = of_server and q.ended_at > t.since and q.ended_at <= c.to_at
    ) e;
end;

comment on function fax.counted_faxes(text, timestamptz, timestamptz) is 'What a server counted by FAXStats around an interval, beside the sessions that were seen.';

-- grain: one interval between two FAXStats readings of one server by one collector
-- example: select from_at, to_at, attempts_missed from fax.reconciliation where server = 'pbx1' and from_at >= '2026-11-23' and attempts_missed <> 0;
-- A fax is counted by the server up to half a minute before it is listed (answer, T.38 negotiation), so a difference may
-- stand in one interval and be made up in the next: sum them.
create view fax.reconciliation as
select
    r.server,
    c.epoch_id,
    r.collector_id,
    p.observed_at as from_at,
    r.observed_at as to_at,
    n.restarted,
    n.transmit_attempts,
    n.transmit_attempts_seen,
    n.receive_attempts,
    n.receive_attempts_seen,
    n.attempts_missed,
    n.completed,
    n.completed_seen,
    n.failed,
    n.failed_seen
from fax.server_history r
cross join lateral (
    select q.observed_at
    from fax.server_history q
    where q.server = r.server and q.event = 'FAXStats' and q.collector_id = r.collector_id and q.observed_at < r.observed_at
    order by q.observed_at desc
    limit 1
) p
cross join lateral fax.counted_faxes(r.server, p.observed_at, r.observed_at) n
left join lateral (
    select e.epoch_id
    from fax.epoch e
    where e.server = r.server and coalesce(e.reloaded_at, e.started_at, e.first_seen_at) <= r.observed_at
    order by coalesce(e.reloaded_at, e.started_at, e.first_seen_at) desc, e.reload_ordinal desc
    limit 1
) c on true
where r.event = 'FAXStats';

comment on view fax.reconciliation is 'A server''s own counters between two FAXStats readings, beside the sessions that faxstore has of that time.';
comment on column fax.reconciliation.server is 'Name of the server in the settings.';
comment on column fax.reconciliation.epoch_id is 'The epoch of the later reading. NULL: no session of it was seen.';
comment on column fax.reconciliation.collector_id is 'Who took the two readings; of two collectors each has its own rows.';
comment on column fax.reconciliation.from_at is 'When the earlier reading came.';
comment on column fax.reconciliation.to_at is 'When the later reading came.';
comment on column fax.reconciliation.restarted is 'The server or its fax module began anew in between: the counts are those since.';
comment on column fax.reconciliation.transmit_attempts is 'Faxes that the server began to send, by TransmitAttempts. NULL: not told.';
comment on column fax.reconciliation.transmit_attempts_seen is 'Sessions with operation send that began in the time.';
comment on column fax.reconciliation.receive_attempts is 'Faxes that the server began to receive, by ReceiveAttempts. NULL: not told.';
comment on column fax.reconciliation.receive_attempts_seen is 'Sessions with operation receive that began in the time.';
comment on column fax.reconciliation.attempts_missed is 'Attempts by the server less sessions that began (also those of which send or receive is not known); negative where a session was counted by the server in the interval before. NULL: not told.';
comment on column fax.reconciliation.completed is 'Faxes that ran to an end, failed ones too, by CompletedFAXes. NULL: not told.';
comment on column fax.reconciliation.completed_seen is 'Sessions that ended with a completion event in the time.';
comment on column fax.reconciliation.failed is 'Faxes that failed, by FailedFAXes: those that completed with FAXSTATUS FAILED, and a few that never ran. NULL: not told.';
comment on column fax.reconciliation.failed_seen is 'Sessions that ended with a completion event in the time and failed.';

-- grain: one interval without a good poll of one server
-- example: select server, began_at, seconds, reason, missed_faxes from fax.coverage_gaps order by began_at;
-- From the first poll of a server on. For one server and a period ask fax.gaps(): it reads only that period.
create view fax.coverage_gaps as
select
    s.server,
    g.began_at,
    g.ended_at,
    extract(epoch from g.ended_at - g.began_at) as seconds,
    g.reason,
    g.reasons,
    g.told,
    (select count(*)
     from fax.session i
     join lateral (select f.* from fax.sessions f where f.session_id = i.session_id and f.started_at = i.started_at) f on true
     where i.server = s.server
       and i.started_at >= g.began_at - interval '1 day' and i.started_at <= coalesce(g.ended_at + interval '1 second', 'infinity')
       -- of all that began in the day before, only what has a row since, or no end on record, is folded
       and (i.is_open or exists (select 1 from fax.session_history h
                                 where h.session_id = i.session_id and h.started_at = i.started_at and h.observed_at >= g.began_at))
       and coalesce(f.ended_not_after, 'infinity') >= g.began_at
       and f.direction is distinct from 'detector') as sessions,
    (select greatest(m.attempts_missed, 0)
     from fax.counted_faxes(s.server, g.began_at, g.ended_at) m) as missed_faxes
from (
    select h.server, min(h.observed_at) as first_polled_at
    from fax.server_history h
    where h.event = 'Polled'
    group by h.server
) s
cross join lateral (
    select
        a.began_at,
        nullif(a.ended_at, 'infinity') as ended_at,
        a.reason,
        a.reasons,
        a.told
    from fax.gaps(s.server, s.first_polled_at, 'infinity') a
    -- what is still to come is none
    where a.began_at < now()
) g;

comment on view fax.coverage_gaps is 'One interval without a good poll of one server: what happened in it was not seen.';
comment on column fax.coverage_gaps.server is 'Name of the server in the settings.';
comment on column fax.coverage_gaps.began_at is 'Last good poll before it, by the observer''s clock; where the collector was killed, the last one on record, up to a minute earlier.';
comment on column fax.coverage_gaps.ended_at is 'First good poll after it. NULL: none yet.';
comment on column fax.coverage_gaps.seconds is 'Seconds from began_at to ended_at. NULL: not ended.';
comment on column fax.coverage_gaps.reason is 'Why it began: collector down, connection lost, server silent, permission (login or action refused), poll refused (res_fax not loaded, a faulty list), polls late, or dropped (seen, and lost for want of room).';
comment on column fax.coverage_gaps.reasons is 'Every reason that was told while it lasted, in order.';
comment on column fax.coverage_gaps.told is 'What the collector or the server said, in order (text). NULL: nothing.';
comment on column fax.coverage_gaps.sessions is 'Known sessions, detectors apart, that overlap it (of those that began up to a day before it).';
comment on column fax.coverage_gaps.missed_faxes is 'Attempts that the server counted between its FAXStats readings before and after it and that are in no session; where it restarted, only those after the restart. NULL: no reading on one of its sides.';

comment on column fax.session_history.event is 'AMI event: FAXSession, FAXSessionsEntry (no detail was had), FAXStatus, Newexten (a fax application begins), Status (its channel, asked once), SendFAX, ReceiveFAX, VarSet; or Gone: a complete list no longer had it.';
comment on column fax.server_history.event is 'AMI event or response (FAXStats, FullyBooted, Shutdown, Load, Unload, CoreStatus, CoreSettings), or ours: Connected, Banner, Disconnected, ConnectFailed, Polled (a complete list: the first of a connection, then at most one a minute), PollFailed (the first of several alike), Dropped (records that were seen and lost for want of room).';
comment on column fax.server_history.details is 'Its headers, as sent; of ours Reason, LastPolled (the last complete list before), Previous (the complete list before one that came late), From, To and Records (what was dropped). NULL: none.';
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
                       'AMI event: FAXSession, FAXSessionsEntry (no detail was had), FAXStatus, Newexten (a fax application begins), Status (its channel, asked once), SendFAX, ReceiveFAX, VarSet; or Gone: a complete list no longer had it.');
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
    fax.technology, fax.quality_class,
    fax.sessions, fax.session_timeline, fax.session_pages, fax.rejected_messages,
    fax.usage_daily, fax.quality_by_peer, fax.failures, fax.coverage_gaps, fax.reconciliation
to fax_reader;
grant execute on function
    fax.resolution_name(integer),
    fax.page_lines(integer),
    fax.page_quality(integer, integer),
    fax.result_class(text, text, text),
    fax.channel_variable(jsonb, text),
    fax.unescaped(text),
    fax.told_moment(jsonb, text),
    fax.counter(jsonb, text),
    fax.gap_reason(text, text),
    fax.gaps(text, timestamptz, timestamptz),
    fax.is_attempt(text, text),
    fax.restarted_at(text, timestamptz, timestamptz),
    fax.usage(timestamp, timestamp, text, text),
    fax.quality(timestamp, timestamp, text),
    fax.counted_faxes(text, timestamptz, timestamptz)
to fax_reader, fax_ingest;
