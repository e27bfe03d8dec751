-- grain: one session: what its own rows show together
-- example: select pages, status from fax.session_fold where started_at >= '2026-11-01' and started_at < '2026-11-02';
-- A query reads the rows of all its sessions at once (fax.session_evidence); what depends on their order is computed from
-- arrays. Conditions on session_id and started_at reach the history. No part of it reads the rows of one session on
-- behalf of another part, so that a distributed database can run it where the rows are.
-- For a few sessions that are found by something else (a server, the latest ones) use fax.session_facts.
create view fax.session_fold as
select
    e.session_id,  -- The session.
    e.started_at,  -- First observation of the session.
    s.epoch_id,  -- Epoch in which session_number counts.
    s.server,  -- Name of the server in the settings.
    s.session_number,  -- SessionNumber of Asterisk. NULL if never listed.
    s.is_fax,  -- False: a call that ran no fax, whose dialplan set fax variables.
    s.channel,  -- Channel name (personal). NULL if not reported.
    s.technology,  -- Technology of the list entry. NULL if never listed.
    f.operation,  -- send, receive, gateway, V.21 or none, as last reported. NULL if not reported.
    coalesce(s.uniqueid, c.details ->> 'Uniqueid') as uniqueid,  -- Uniqueid of the channel. NULL if no event reported it.
    (array_remove(n.states, null))[1] as state,  -- Last state, as sent. NULL if never listed.
    (array_remove(array_remove(n.session_types, null), 'none'))[1] as transport,  -- Last transport, G.711 or T.38. NULL if not reported.
    coalesce(
        case when f.files = '{}' then null
             when array_remove(f.files, f.files[1]) = '{}' then f.files[:1]
             else (select array_agg(distinct i.name) from unnest(f.files) i (name)) end,
        case when jsonb_typeof(c.details -> 'FileName') = 'array'
             then (select array_agg(i.name) from jsonb_array_elements_text(c.details -> 'FileName') i (name))
             when c.file_name is not null then array[c.file_name] end,
        -- the application's first argument: SendFAX(file&file,options) (res_fax.c, sendfax_exec)
        string_to_array(nullif(split_part(v.arguments, ',', 1), ''), '&')) as file_names,  -- Files sent or received; of a fax that never became a session, the files given to its application (personal). NULL if not reported.
    coalesce(n.snapshots, 0) as snapshots,  -- Snapshots by polls.
    n.pages as pages_observed,  -- Highest number of pages that a poll observed. NULL if not reported.
    g.pages,  -- Pages by the completion event, else pages_observed. NULL if not reported.
    n.first_at as first_snapshot_at,  -- First snapshot. NULL if none.
    n.last_at as last_snapshot_at,  -- Last snapshot. NULL if none.
    c.observed_at as completed_at,  -- Time of the completion event. NULL if none.
    f.gone_at,  -- First complete list without the session. NULL if none.
    f.last_row_at,  -- Last observation of any kind.
    coalesce(greatest(r.set_at, n.last_at, v.last_event_at), f.last_row_at) as last_shown_at,  -- Last observation of the fax itself, without variables that a dialplan set later.
    f.error_correction_mode,  -- ECM by the last measurement. NULL if never negotiated.
    f.data_rates[cardinality(f.data_rates)] as first_data_rate,  -- First measured rate, bit/s. NULL if never negotiated.
    coalesce(f.data_rates[1], nullif(c.data_rate, 0)) as last_data_rate,  -- Last measured rate, bit/s; if no poll measured it, that of the completion event. NULL if not reported.
    n.lowest_data_rate,  -- Lowest measured rate, bit/s. NULL if never negotiated.
    case when n.lowest_data_rate is not null then coalesce(array_length(w.observed_falls, 1), 0) end as rate_falls,  -- How often the measured rate fell, by the observer that saw the most falls. NULL if no poll measured it.
    coalesce((array_remove(n.x_resolutions, null))[1], c.x_resolution) as x_resolution,  -- Horizontal resolution, pixels per metre. NULL if not reported.
    coalesce((array_remove(n.y_resolutions, null))[1], c.y_resolution) as y_resolution,  -- Vertical resolution, pixels per metre. NULL if not reported.
    g.bad_lines_measurable,  -- Whether the fax was received without ECM.
    coalesce(t.bad_lines_counted_by, 'page') as bad_lines_counted_by,  -- What the technology counts bad lines by: page or session (fax.technology).
    c.event is not null as completed,  -- Whether a completion event arrived.
    f.start_observed,  -- Whether anything from started_at on, before its completion event, shows that it ran. False if only its end was observed.
    nullif(w.call ->> 'Linkedid', '') as linkedid,  -- Linkedid of the call, from its events or its Status. NULL if not reported.
    nullif(w.call ->> 'AccountCode', '') as account_code,  -- Account code of the channel, from its events or its Status. NULL if none or not reported.
    p.caller_number,  -- Caller, as in fax.sessions (personal). NULL if unknown.
    p.called_number,  -- Called number, as in fax.sessions (personal). NULL if unknown.
    -- of the completion event, unless a dialplan changed FAXSTATUS before it
    coalesce(case when k.stands then k.status end, r.status) as status,  -- FAXSTATUS as res_fax set it at the end, SUCCESS or FAILED; no later value of a dialplan. NULL if not on the wire, or blank.
    coalesce(case when k.stands then k.error end, r.error, k.error) as error,  -- FAXERROR as res_fax set it with that FAXSTATUS. NULL if not on the wire, or blank.
    coalesce(case when k.stands then k.status_text end, r.status_text, k.status_text) as status_text,  -- FAXSTATUSSTRING as res_fax set it with that FAXSTATUS. NULL if not on the wire, or blank.
    coalesce(nullif(c.details ->> 'LocalStationID', ''), r.local_station_id) as local_station_id,  -- Station id of this end (personal). NULL if none or not reported.
    coalesce(nullif(c.details ->> 'RemoteStationID', ''), r.remote_station_id) as remote_station_id,  -- Station id of the other end (personal). NULL if none or not reported.
    least(n.first_position, v.first_position) as first_position,  -- First position of its rows.
    greatest(n.last_position, v.last_position) as last_position,  -- Last position of its rows.
    case when g.bad_lines_measurable then case when g.pages = 0 then 0 else x.bad_lines end end as bad_lines,  -- Bad lines on accepted pages, as in fax.sessions. NULL if not measurable, or if no poll reported them for any of its pages.
    case when g.bad_lines_measurable and t.bad_lines_counted_by is distinct from 'session'
         then case when g.pages = 0 then 0 else x.bad_lines_discarded end end as bad_lines_discarded,  -- Bad lines of attempts that were sent again, as in fax.sessions. NULL if not measurable, if no poll reported bad lines, or if the technology counts per session.
    case when g.bad_lines_measurable then case when g.pages = 0 then 0 else x.worst_page_bad_lines end end as worst_page_bad_lines,  -- Bad lines on the worst accepted page. NULL if bad_lines is.
    case when g.bad_lines_measurable then x.measurable_pages else 0 end as measurable_pages,  -- Pages with measurable bad lines: of which a poll reported them.
    case when g.bad_lines_measurable then x.error_free_pages else 0 end as error_free_pages,  -- Pages without bad lines, of measurable_pages.
    case when g.bad_lines_measurable then x.lines_estimated else 0 end as lines_estimated,  -- Estimated lines of measurable_pages (fax.page_lines), as far as their resolution is measured.
    x.resent_pages,  -- Pages that were sent more than once, as far as bad lines show it.
    x.timed_pages,  -- Pages whose start and end polls observed.
    x.page_seconds,  -- Seconds of timed_pages together. NULL if there are none.
    case when g.bad_lines_measurable
         then fax.widest_poll_gap(w.observed_pages, g.pages, coalesce(c.observed_at, f.gone_at)) end as poll_gap_seconds,  -- Widest gap between polls at one of its pages (fax.widest_poll_gap), without the end of the server's life, seconds. NULL if not measurable, or no poll observed a page.
    case when g.bad_lines_measurable
         then fax.may_miss_bad_lines(w.observed_pages, g.pages, coalesce(c.observed_at, f.gone_at)) end as bad_lines_lower_bound,  -- Whether there may be more bad lines (fax.may_miss_bad_lines), without the end of the server's life. NULL if not measurable, or if the number of pages is unknown.
    w.observed_pages,  -- Its pages as polls observed them, by page. NULL if no poll reported a page.
    w.observed_falls  -- Of each fall of the measured rate, its page, the rate before it and the rate after it, bit/s (fax.rate_falls). NULL if it never fell.
from fax.session_evidence e
cross join lateral (select (e.session).*) s
cross join lateral (select (e.snapshots).*) n
cross join lateral (select (e.events).*) v
cross join lateral (select (v.completion).*) c
left join fax.technology t on t.technology = s.technology
cross join lateral (
    select
        coalesce((array_remove(n.operations, null))[1],
                 case c.event when 'SendFAX' then 'send' when 'ReceiveFAX' then 'receive' end,
                 v.operation, s.operation) as operation,
        (array_remove(n.error_correction_modes, null))[1] as error_correction_mode,
        array_remove(n.data_rates, null) as data_rates,
        array_remove(n.file_names, null) as files,
        case when n.last_at > v.gone_moments[1]
             then fax.absent_since(v.gone_observers, v.gone_moments, v.gone_positions, n.observers, n.moments, n.positions)
             else v.gone_moments[1] end as gone_at,
        coalesce(least(n.ran_at, v.ran_at) < coalesce(c.observed_at, 'infinity'), false) as start_observed,
        greatest(n.last_at, v.last_row_at) as last_row_at
) f
cross join lateral (
    select
        coalesce(c.pages, n.pages) as pages,
        -- Only a receiver without ECM counts bad lines (spandsp, t30.c and t4_rx.c).
        coalesce(f.operation = 'receive', false) and f.error_correction_mode is false as bad_lines_measurable
) g
-- offset 0: computed once, although several columns use it, and not at all if none does
cross join lateral (
    select
        -- Headers of the channel, from its completion event (not if that names another channel), else Status, else
        -- FAXStatus or Newexten, else the completion event, else the VarSet of FAXERROR. If its channel was replaced, a
        -- fax belongs to the call and account that it began with. Only the details of an event under another name
        -- contain a Uniqueid; its Channel is personal and may be erased.
        coalesce(case when c.details ->> 'Uniqueid' is null then c.details end, v.channel_status, v.channel_event, c.details,
                 v.channel_variable) as call,
        fax.observed_pages(n.observers, n.moments, n.page_numbers, n.bad_lines, n.measured, n.data_rates, n.y_resolutions,
                           t.bad_lines_counted_by is distinct from 'session') as observed_pages,
        case when array_remove(f.data_rates, n.lowest_data_rate) <> '{}'
             then fax.rate_falls(n.observers, n.moments, n.page_numbers, n.data_rates) end as observed_falls
    offset 0
) w
-- its counted pages, in one pass; a left join, so that it is not computed at all if no column uses it
left join lateral (
    select
        sum(o.bad_lines)::bigint as bad_lines,
        sum(o.bad_lines_discarded)::bigint as bad_lines_discarded,
        max(o.bad_lines) as worst_page_bad_lines,
        count(o.bad_lines)::integer as measurable_pages,
        (count(*) filter (where o.bad_lines = 0))::integer as error_free_pages,
        coalesce(sum(round(fax.page_lines(o.y_resolution))) filter (where o.bad_lines is not null), 0)::bigint as lines_estimated,
        (count(*) filter (where o.attempts > 1))::integer as resent_pages,
        count(i.passed)::integer as timed_pages,
        extract(epoch from sum(i.passed)) as page_seconds
    from lateral unnest(w.observed_pages) o
    -- page 1 is current from the start of the session; it starts once negotiation is complete
    cross join lateral (select case when o.page > 1 then o.first_seen_at else o.first_measured_at end as began_at) b
    cross join lateral (select case when o.next_seen_at >= b.began_at then o.next_seen_at - b.began_at end as passed) i
    where o.page between 1 and g.pages
) x on true
cross join lateral fax.reported_result(
    v.variables, v.settings, v.observers, v.moments, case when f.start_observed then s.started_at end, n.first_at) r
-- the variables that the completion event contains (channelvars in manager.conf)
cross join lateral (
    select
        i.status,
        case when i.is_set then nullif(fax.unescape(fax.channel_variable(c.details, 'FAXERROR')), '') end as error,
        case when i.is_set then nullif(fax.unescape(fax.channel_variable(c.details, 'FAXSTATUSSTRING')), '') end as status_text,
        coalesce(i.status in ('SUCCESS', 'FAILED'), true) as stands
    from (
        select
            o.is_set,
            case when o.is_set then fax.channel_variable(c.details, 'FAXSTATUS') end as status
        from (select c.details ? 'ChanVariable' as is_set) o
        offset 0
    ) i
    offset 0
) k
-- The parties. A channel that was dialled has the far end as its caller and this end as its connected line (dial.c,
-- begin_dial_prerun; app_dial.c, dial_exec_full); Originate and call files make both the number of this end.
cross join lateral (
    select
        case when n.was_dialled then coalesce(n.own, n.caller) else n.caller end as caller_number,
        case
            when f.operation = 'receive'
                then coalesce(nullif(v.channel_status ->> 'DNID', ''), case when w.call ->> 'Exten' not in ('', 's', 'fax', 'failed', 'h', 'i', 't', 'T', 'o', 'a', 'e') then w.call ->> 'Exten' end)
            when n.dialled is not null then n.dialled
            when n.connected is distinct from n.caller and n.connected is distinct from n.own then n.connected
        end as called_number
    from (
        select
            d.dialled,
            f.operation is distinct from 'receive' and (v.dial is not null or d.dialled = c.caller) as was_dialled,
            case when v.dial is not null then c.own when d.dialled = c.caller then c.connected end as own,
            c.caller,
            c.connected
        from (
            select
                nullif(nullif(w.call ->> 'CallerIDNum', ''), '<unknown>') as caller,
                nullif(nullif(w.call ->> 'ConnectedLineNum', ''), '<unknown>') as connected,
                nullif(nullif(v.dial ->> 'DestConnectedLineNum', ''), '<unknown>') as own
        ) c
        cross join lateral (
            select coalesce(
                case when v.dial is not null
                     then fax.dialled_number(v.dial ->> 'DialString', split_part(v.dial ->> 'DestChannel', '/', 1)) end,
                case when s.channel like 'Local/%;1' then fax.dialled_number(substr(s.channel, 7), 'Local') end
            ) as dialled
            offset 0
        ) d
    ) n
) p;

comment on view fax.session_fold is 'One session as its own rows show it, for all sessions of a query in one pass. The base of fax.session_facts.';
