-- grain: one session: what identifies it, its snapshots and its events
-- example: select (snapshots).pages, (events).completion from fax.session_evidence where session_id = '…';
-- One GROUP BY over all three instead of joins: PostgreSQL derives only equalities through a join, so a period would
-- reach one of the joined folds and the others would fold the whole history. A condition on session_id or started_at
-- reaches each part.
-- The rows are those of subqueries, because a node of a distributed database has other row types for its tables.
create view fax.session_evidence as
select
    p.session_id,  -- The session.
    p.started_at,  -- First observation of the session.
    (array_agg(p.session) filter (where p.part = 'session'))[1] as session,  -- Its row in fax.session (personal).
    (array_agg(p.snapshots) filter (where p.part = 'snapshots'))[1] as snapshots,  -- Its snapshots (personal). NULL if none.
    (array_agg(p.events) filter (where p.part = 'events'))[1] as events  -- Its events (personal). NULL if none.
from (
    select s.session_id, s.started_at, 'session' as part, s::fax.session as session, null::fax.session_snapshots as snapshots, null::fax.session_events as events
    from (select * from fax.session) s
    union all
    select n.session_id, n.started_at, 'snapshots' as part, null::fax.session as session, n::fax.session_snapshots as snapshots, null::fax.session_events as events
    from (select * from fax.session_snapshots) n
    union all
    select v.session_id, v.started_at, 'events' as part, null::fax.session as session, null::fax.session_snapshots as snapshots, v::fax.session_events as events
    from (select * from fax.session_events) v
) p
group by p.session_id, p.started_at;

comment on view fax.session_evidence is 'All that the rows of one session show, gathered in one pass over the history. The base of fax.session_facts.';
