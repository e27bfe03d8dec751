-- grain: one interval without a good poll of one server
-- example: select server, began_at, seconds, reason, missed_faxes from fax.coverage_gaps order by began_at;
-- Starts with the first poll of a server. For one server and a period use fax.gaps(), which reads only that period.
create view fax.coverage_gaps as
select
    s.server,  -- Name of the server in the settings.
    g.began_at,  -- Last good poll before it, by the observer's clock; if the collector was killed, the last one on record, which is up to a minute earlier unless a fax was in progress.
    g.ended_at,  -- First good poll after it. NULL if none yet.
    extract(epoch from g.ended_at - g.began_at) as seconds,  -- Seconds from began_at to ended_at. NULL if it has not ended.
    g.reason,  -- Why it began: collector down, connection lost, server silent, permission (login or action refused), poll refused (res_fax not loaded, or a malformed list), polls late, or dropped (observed, but lost because a queue was full).
    g.reasons,  -- All reasons reported during the gap, in order.
    g.messages,  -- Messages of the collector or the server during the gap, in order. NULL if none.
    (select count(*)
     from (
         -- of the sessions of the day before, only those with a row since or without a recorded end
         select t.session_id, t.started_at
         from fax.session_total t
         where t.server = s.server
           and t.started_at >= g.began_at - interval '1 day' and t.started_at <= coalesce(g.ended_at + interval '1 second', 'infinity')
           and case when t.completed_at is null and t.gone_at is null
                    then t.last_row_at >= g.began_at or exists (select 1 from fax.session i where i.session_id = t.session_id and i.is_open)
                    else coalesce(t.completed_at, t.gone_at) >= g.began_at end
         union all
         select i.session_id, i.started_at
         from fax.session_untotalled u
         join fax.session i on i.session_id = u.session_id
         where u.server = s.server
           and u.started_at >= g.began_at - interval '1 day' and u.started_at <= coalesce(g.ended_at + interval '1 second', 'infinity')
           and (i.is_open or exists (select 1 from fax.session_history h
                                     where h.session_id = i.session_id and h.started_at = i.started_at and h.observed_at >= g.began_at))
     ) c
     join lateral (select f.* from fax.sessions f where f.session_id = c.session_id and f.started_at = c.started_at offset 0) f on true
     where coalesce(f.ended_not_after, 'infinity') >= g.began_at
       and f.direction is distinct from 'detector') as sessions,  -- Known sessions, without detectors, that overlap it and started at most a day before it.
    (select greatest(m.attempts_missed, 0)
     from fax.reconcile(s.server, g.began_at, g.ended_at) m) as missed_faxes  -- Attempts that the server counted between its FAXStats readings before and after the gap and that match no session; after a restart, only those since. NULL if a reading is missing.
from fax.polled_servers s
cross join lateral (
    select
        a.began_at,
        nullif(a.ended_at, 'infinity') as ended_at,
        a.reason,
        a.reasons,
        a.messages
    from fax.gaps(s.server, s.first_polled_at, 'infinity') a
    -- the future is not a gap
    where a.began_at < now()
) g;

comment on view fax.coverage_gaps is 'One interval without a good poll of one server: faxstore did not observe what happened in it.';
