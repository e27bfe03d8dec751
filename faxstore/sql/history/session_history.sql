-- grain: one observation of one session, never changed
-- example: select observed_at, state, page_number from fax.session_history where session_id = '…' order by observed_at;
-- A condition on session_id or started_at, or a join by session_id and started_at, opens only the packs of these sessions.
-- For a range of positions use fax.rows_between().
create view fax.session_history as
select
    u.session_id,
    u.started_at,
    r.observed_at,
    r.position,
    r.data_rate,
    r.x_resolution,
    r.y_resolution,
    r.page_number,
    r.pages_transmitted,
    r.pages_received,
    r.total_bad_lines,
    r.error_correction_mode,
    coalesce(r.event, 'FAXSession') as event,  -- AMI event: FAXSession, FAXSessionsEntry (without the detail of a FAXSession), FAXStatus, Newexten (a fax application starts), Status (of its channel, requested once), SendFAX, ReceiveFAX, VarSet, DialBegin (the call that the fax runs on is dialled), Hangup (only if the session goes on: its channel was replaced); or Gone: a complete list no longer contains the session.
    coalesce(r.operation, fax.snapshot_operation(r.words)) as operation,  -- Operation as sent. NULL if not reported.
    coalesce(r.state, fax.snapshot_state(r.words)) as state,  -- State as sent. NULL if not reported.
    coalesce(r.session_type, fax.snapshot_type(r.words)) as session_type,  -- SessionType of the list entry: G.711, T.38 or none. NULL if not reported.
    (array(select c.collector_id from fax.collector c order by c.collector))[r.collector] as collector_id,  -- Collector that observed it: an ingestor (its host and the id of its spool) or the importer.
    r.file_name,
    r.details
from (
    select o.session_id, o.started_at, array[o::fax.observation] as rows from (select * from fax.observation) o
    union all
    select p.session_id, p.started_at, p.rows as rows from fax.session_pack p
) u
-- one unnest over both tables: in a UNION, a branch with an unnest is read as a whole by every join
cross join lateral unnest(u.rows) r
-- always true; it shows a distributed database that a session is on one node
where r.session_id = u.session_id;

select fax.copy_comments('observation', 'session_history');
comment on column fax.session_history.started_at is 'First observation of the session, the same in all its rows.';

comment on view fax.session_history is 'The history: one row per observation of a fax session, whether it is stored as a row (fax.observation) or packed (fax.session_pack).';
