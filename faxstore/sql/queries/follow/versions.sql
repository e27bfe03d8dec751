-- grain: one version of a fax that may have ended: its rows up to the last one of an append, or up to the position at
-- which a later life of its server became known (ordinal > 0)
-- Faxes with a version after a position and ordinal, up to the position `until`, each with all versions from its first
-- end on: what is new in the last one shows the comparison with those before.
with touched as materialized (
    select o.session_id from fax.observation o where o.position > %(after)s::bigint and o.position <= %(until)s::bigint
    union
    select p.session_id from fax.session_pack p where p.first_position <= %(until)s::bigint and p.last_position > %(after)s::bigint
    union
    select i.session_id
    from fax.epoch e
    cross join lateral unnest(e.ended_sessions) i (session_id)
    where e.known_after between %(after)s::bigint and %(until)s::bigint and e.ended_sessions <> '{}'
),
candidate as materialized (
    select s.session_id, s.started_at, s.server, s.session_number is null as is_unlisted, n.known_after
    from (
        select i.*
        from touched t
        cross join lateral (select s.* from fax.session s where s.session_id = t.session_id offset 0) i
        where i.is_fax and (%(servers)s::text[] is null or i.server = any (%(servers)s::text[]))
    ) s
    cross join lateral (select min(l.known_after) as known_after from fax.later_lives l where l.epoch_id = s.epoch_id offset 0) n
    where (not s.is_open or s.session_number is null or n.known_after <= %(until)s::bigint)
      and not exists (select from fax.dropped_session d where d.session_id = s.session_id)
),
own as materialized (
    select
        c.session_id,
        r.position,
        min(r.position) filter (
            where r.event in ('SendFAX', 'ReceiveFAX', 'Gone') or c.is_unlisted or r.position > c.known_after
        ) over (partition by c.session_id) as first_end
    from candidate c
    cross join lateral (
        select o.position, o.event
        from fax.observation o
        where o.session_id = c.session_id and o.started_at = c.started_at and o.position <= %(until)s::bigint
        union all
        select k.position, k.event
        from fax.session_pack p
        cross join lateral unnest(p.rows) k
        where p.session_id = c.session_id and p.started_at = c.started_at and k.position <= %(until)s::bigint
        offset 0
    ) r
),
version as (
    select o.session_id, max(o.position) as position, 0 as ordinal
    from own o
    where o.position >= o.first_end
    -- the end of its append
    group by o.session_id, (select min(b.last_position) from fax.append_batch b where b.last_position >= o.position)
    union all
    select c.session_id, e.known_after, (e.ended_before + i.place)::integer
    from candidate c
    join fax.epoch e on e.server = c.server and e.known_after = c.known_after
    cross join lateral unnest(e.ended_sessions) with ordinality i (session_id, place)
    where i.session_id = c.session_id and c.known_after <= %(until)s::bigint
)
select v.session_id, c.started_at, v.position, v.ordinal
from (
    select v.*, bool_or((v.position, v.ordinal) > (%(after)s::bigint, %(ordinal)s::integer)) over (partition by v.session_id) as is_new
    from version v
) v
join candidate c on c.session_id = v.session_id
where v.is_new
order by v.session_id, v.position, v.ordinal
