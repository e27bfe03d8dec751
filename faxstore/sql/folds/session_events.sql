-- grain: the events of one session: all of its rows that are no snapshots
-- example: select completion, moments from fax.session_events where session_id = '…' and started_at = '…';
-- One pass over the rows groups all sessions of a query.
create view fax.session_events as
select
    r.session_id,  -- The session.
    r.started_at,  -- First observation of the session.
    (array_agg(r::fax.session_rows order by r.observed_at) filter (where r.event = 'SendFAX' or r.event = 'ReceiveFAX'))[1] as completion,  -- First completion event (personal). NULL if none.
    (array_agg(r.details order by r.observed_at) filter (where r.event = 'Status'))[1] as channel_status,  -- Headers of its first Status (personal). NULL if none.
    (array_agg(r.details order by r.observed_at) filter (where r.event = 'FAXStatus' or r.event = 'Newexten'))[1] as channel_event,  -- Headers of its first FAXStatus or Newexten (personal). NULL if none.
    (array_agg(r.details order by r.observed_at)
        filter (where r.event = 'VarSet' and r.details ->> 'Variable' = 'FAXERROR'))[1] as channel_variable,  -- Headers of its first VarSet of FAXERROR (personal). NULL if none.
    (array_agg(r.details order by r.observed_at) filter (where r.event = 'DialBegin'))[1] as dial,  -- Headers of its first DialBegin (personal). NULL if none.
    (array_agg(r.operation order by r.observed_at)
        filter (where r.operation is not null and (r.event = 'FAXStatus' or r.event = 'Newexten')))[1] as operation,  -- First operation of a FAXStatus or Newexten. NULL if not reported.
    (array_agg(r.details ->> 'AppData' order by r.observed_at) filter (where r.event = 'Newexten'))[1] as arguments,  -- Arguments of its application, by the first Newexten (personal). NULL if not reported.
    -- sendfax_exec and receivefax_exec set INIT_ERROR first
    min(r.observed_at) filter (where r.observed_at >= r.started_at and (
        r.event = 'FAXStatus' or r.event = 'Newexten' or r.event = 'Status'
        or (r.event = 'VarSet' and r.details ->> 'Variable' = 'FAXERROR' and r.details ->> 'Value' = 'INIT_ERROR'))) as ran_at,  -- First event from started_at on that shows that the fax ran, without its completion event. NULL if none.
    array_agg(r.observed_at order by r.observed_at) filter (where r.event = 'Gone') as gone_moments,  -- Times of complete lists without it. NULL if none.
    array_agg(r.position order by r.observed_at) filter (where r.event = 'Gone') as gone_positions,  -- Positions of these in the history.
    array_agg(r.collector_id order by r.observed_at) filter (where r.event = 'Gone') as gone_observers,  -- Collectors of these.
    array_agg(case when r.event = 'VarSet' then coalesce(r.details ->> 'Variable', '') else 'completion event' end order by r.observed_at)
        filter (where r.event = 'VarSet' or r.event = 'SendFAX' or r.event = 'ReceiveFAX') as variables,  -- Names of its channel variables as they were set, and 'completion event'. NULL if none.
    array_agg(case when r.event = 'VarSet' then coalesce(r.details ->> 'Value', '') end order by r.observed_at)
        filter (where r.event = 'VarSet' or r.event = 'SendFAX' or r.event = 'ReceiveFAX') as settings,  -- Their values (personal).
    array_agg(r.collector_id order by r.observed_at)
        filter (where r.event = 'VarSet' or r.event = 'SendFAX' or r.event = 'ReceiveFAX') as observers,  -- Their collectors.
    array_agg(r.observed_at order by r.observed_at)
        filter (where r.event = 'VarSet' or r.event = 'SendFAX' or r.event = 'ReceiveFAX') as moments,  -- Their times.
    min(r.position) as first_position,  -- First position of these rows.
    max(r.position) as last_position,  -- Last position of these rows.
    max(r.observed_at) as last_row_at,  -- Last of these rows.
    max(r.observed_at) filter (where r.event <> 'VarSet') as last_event_at  -- Last of these rows without variables, which a dialplan may set later. NULL if none.
from (select * from fax.session_rows) r
where not r.is_snapshot
group by r.session_id, r.started_at;

comment on view fax.session_events is 'The events of one session, its absences from lists and its channel variables. A base of fax.session_facts.';
