-- grain: one fax session: what its rows show together
-- example: select pages, status from fax.session_facts where session_id = '…';
-- Driven from fax.session, so a query costs what its answer contains: filters on session_id, server or started_at use
-- the indexes of fax.session, and only the partitions of the sessions found are opened.
-- The rows of a session are read once (own): the planner plans each scan of the history for every partition, and
-- planning time must not grow as partitions accumulate.
create view fax.session_facts as
select
    s.session_id,  -- The session.
    s.started_at,  -- First observation of the session.
    s.epoch_id,  -- Epoch in which session_number counts.
    s.server,  -- Name of the server in the settings.
    s.session_number,  -- SessionNumber of Asterisk. NULL if never listed.
    s.is_fax,  -- False: a call that ran no fax, whose dialplan set fax variables.
    s.channel,  -- Channel name (personal). NULL if not reported.
    s.technology,  -- Technology of the list entry. NULL if never listed.
    x.operation,  -- send, receive, gateway, V.21 or none, as last reported. NULL if not reported.
    x.uniqueid,  -- Uniqueid of the channel. NULL if no event reported it.
    x.state,  -- Last state, as sent. NULL if never listed.
    x.transport,  -- Last transport, G.711 or T.38. NULL if not reported.
    x.file_names,  -- Files sent or received; of a fax that never became a session, the files given to its application (personal). NULL if not reported.
    x.snapshots,  -- Snapshots by polls.
    x.pages_observed,  -- Highest number of pages that a poll observed. NULL if not reported.
    x.pages,  -- Pages by the completion event, else pages_observed. NULL if not reported.
    x.first_snapshot_at,  -- First snapshot. NULL if none.
    x.last_snapshot_at,  -- Last snapshot. NULL if none.
    x.completed_at,  -- Time of the completion event. NULL if none.
    x.gone_at,  -- First complete list without the session. NULL if none.
    x.last_row_at,  -- Last observation of any kind.
    x.last_shown_at,  -- Last observation of the fax itself, without variables that a dialplan set later.
    n.began_at as next_life_at,  -- Start of the next life of its server. NULL if none, if a completion event or a list shows the end, or if it was never listed.
    x.error_correction_mode,  -- ECM by the last measurement. NULL if never negotiated.
    x.first_data_rate,  -- First measured rate, bit/s. NULL if never negotiated.
    x.last_data_rate,  -- Last measured rate, bit/s; if no poll measured it, that of the completion event. NULL if not reported.
    x.lowest_data_rate,  -- Lowest measured rate, bit/s. NULL if never negotiated.
    x.rate_falls,  -- How often the measured rate fell, by the observer that saw the most falls. NULL if no poll measured it.
    x.x_resolution,  -- Horizontal resolution, pixels per metre. NULL if not reported.
    x.y_resolution,  -- Vertical resolution, pixels per metre. NULL if not reported.
    -- Only a receiver without ECM counts bad lines (spandsp, t30.c and t4_rx.c).
    coalesce(x.operation = 'receive', false) and x.error_correction_mode is false as bad_lines_measurable,  -- Whether the fax was received without ECM.
    coalesce(t.bad_lines_counted_by, 'page') as bad_lines_counted_by,  -- What the technology counts bad lines by: page or session (fax.technology).
    x.completed,  -- Whether a completion event arrived.
    x.start_observed,  -- Whether anything from started_at on, before its completion event, shows that it ran. False if only its end was observed.
    x.call,  -- Headers of the channel, from its completion event (not if that names another channel), else Status, else FAXStatus or Newexten, else the completion event, else the VarSet of FAXERROR (personal). NULL if there is no such event.
    x.dial,  -- Headers of its DialBegin (personal). NULL if its channel was not dialled, or not reported.
    x.dialled_number,  -- DNID of the channel, from its Status (personal). NULL if not reported.
    x.status,  -- FAXSTATUS as res_fax set it at the end, SUCCESS or FAILED; no later value of a dialplan. NULL if not on the wire, or blank.
    x.error,  -- FAXERROR as res_fax set it with that FAXSTATUS. NULL if not on the wire, or blank.
    x.status_text,  -- FAXSTATUSSTRING as res_fax set it with that FAXSTATUS. NULL if not on the wire, or blank.
    x.local_station_id,  -- Station id of this end (personal). NULL if none or not reported.
    x.remote_station_id,  -- Station id of the other end (personal). NULL if none or not reported.
    x.first_position,  -- First position of its rows.
    x.last_position  -- Last position of its rows.
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
        coalesce(greatest(r.set_at, e.last_event_at), e.last_row_at) as last_shown_at,
        o.error_correction_mode,
        o.first_data_rate,
        coalesce(o.last_data_rate, c.data_rate) as last_data_rate,
        o.lowest_data_rate,
        f.rate_falls,
        coalesce(o.x_resolution, c.x_resolution) as x_resolution,
        coalesce(o.y_resolution, c.y_resolution) as y_resolution,
        c.event is not null as completed,
        v.start_observed,
        -- If its channel was replaced, a fax belongs to the call and account that it began with. Only the details of an
        -- event under another name contain a Uniqueid; its Channel is personal and may be erased.
        coalesce(case when c.details ->> 'Uniqueid' is null then c.details end, v.channel_status, v.channel_event, c.details,
                 v.channel_variable) as call,
        v.dial,
        nullif(v.channel_status ->> 'DNID', '') as dialled_number,
        -- of the completion event, unless a dialplan changed FAXSTATUS before it
        coalesce(case when k.stands then k.status end, r.status) as status,
        coalesce(case when k.stands then k.error end, r.error, k.error) as error,
        coalesce(case when k.stands then k.status_text end, r.status_text, k.status_text) as status_text,
        coalesce(nullif(c.details ->> 'LocalStationID', ''), r.local_station_id) as local_station_id,
        coalesce(nullif(c.details ->> 'RemoteStationID', ''), r.remote_station_id) as remote_station_id,
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
    -- Rate falls. Of observers that overlapped (as in fax.page_attempts), the one with the most
    -- counts.
    cross join lateral (
        select max(p.falls) as rate_falls
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
    -- The first complete list without the session. It is refuted by a snapshot of the same observer that is later both
    -- by its clock and in the history, or by one of another observer that is later by more than clocks may differ.
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
    -- what its channel's other events show
    cross join lateral (
        select
            (array_agg(h.details order by h.observed_at) filter (where h.event = 'Status'))[1] as channel_status,
            (array_agg(h.details order by h.observed_at) filter (where h.event in ('FAXStatus', 'Newexten')))[1] as channel_event,
            (array_agg(h.details order by h.observed_at) filter (where h.event = 'VarSet'))[1] as channel_variable,
            (array_agg(h.details order by h.observed_at) filter (where h.event = 'DialBegin'))[1] as dial,
            (array_agg(h.operation order by h.observed_at)
                filter (where h.event in ('FAXStatus', 'Newexten') and h.operation is not null))[1] as operation,
            -- the application's first argument: SendFAX(file&file,options) (res_fax.c, sendfax_exec)
            string_to_array(nullif(split_part((array_agg(h.details ->> 'AppData' order by h.observed_at)
                filter (where h.event = 'Newexten'))[1], ',', 1), ''), '&') as file_names,
            -- sendfax_exec and receivefax_exec set INIT_ERROR first
            coalesce(bool_or(
                h.observed_at >= s.started_at and h.observed_at < coalesce(c.completed_at, 'infinity')
                and h.event <> 'DialBegin' and (h.event <> 'VarSet' or h.details ->> 'Value' = 'INIT_ERROR')), false) as start_observed
        from own h
        where h.is_snapshot
           or h.event in ('FAXStatus', 'Newexten', 'Status', 'DialBegin')
           or (h.event = 'VarSet' and h.details ->> 'Variable' = 'FAXERROR')
    ) v
    -- its channel variables
    cross join lateral (
        select
            array_agg(case when h.event = 'VarSet' then coalesce(h.details ->> 'Variable', '') else 'completion event' end) as names,
            array_agg(case when h.event = 'VarSet' then coalesce(h.details ->> 'Value', '') end) as settings,
            array_agg(h.collector_id) as observers,
            array_agg(h.observed_at) as moments
        from own h
        where h.event in ('VarSet', 'SendFAX', 'ReceiveFAX')
    ) a
    cross join lateral fax.reported_result(
        a.names, a.settings, a.observers, a.moments, case when v.start_observed then s.started_at end, o.first_seen_at) r
    -- and those that the completion event contains (channelvars in manager.conf)
    cross join lateral (
        select
            n.status,
            nullif(fax.unescape(fax.channel_variable(c.details, 'FAXERROR')), '') as error,
            nullif(fax.unescape(fax.channel_variable(c.details, 'FAXSTATUSSTRING')), '') as status_text,
            coalesce(n.status in ('SUCCESS', 'FAILED'), true) as stands
        from (select fax.channel_variable(c.details, 'FAXSTATUS') as status) n
    ) k
    -- its positions in the history
    cross join lateral (
        select min(h.position) as first_position, max(h.position) as last_position, max(h.observed_at) as last_row_at,
               max(h.observed_at) filter (where h.event <> 'VarSet') as last_event_at
        from own h
    ) e
) x
-- the next life of its server, if nothing else shows an end
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

comment on view fax.session_facts is 'One fax session as its rows show it: counts, measurements and times. The base of fax.sessions, which adds names and evidence.';
