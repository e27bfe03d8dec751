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
