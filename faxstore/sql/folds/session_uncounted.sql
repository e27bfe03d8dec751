-- grain: one session that is not in fax.usage_rollup, because it has no total or no end of its own
-- example: select count(*) from fax.session_uncounted;
-- What is in neither: detectors, and sessions with a total that fax.sessions does not show.
create view fax.session_uncounted as
select
    u.session_id,  -- The session (fax.session).
    u.started_at  -- As in fax.session.
from fax.session_untotalled u
union all
select
    t.session_id,
    t.started_at
from fax.session_total t
where t.completed_at is null and t.gone_at is null and not (t.session_number is null and t.snapshots = 0);

comment on view fax.session_uncounted is 'Sessions that fax.usage_rollup does not count, and that fax.usage() therefore reads one by one.';
