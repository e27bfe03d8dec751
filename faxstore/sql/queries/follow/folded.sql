-- grain: one version of a fax: what fax.sessions said of it when its rows ended at that position
-- {session_snapshots} and the like are the texts of these views, which read the rows and sessions of the versions.
-- An epoch is known to a version if it was added before.
with version as materialized (
    select v.version, v.session_id, v.started_at, v.position, v.ordinal
    from unnest(%(versions)s::uuid[], %(sessions)s::uuid[], %(starts)s::timestamptz[], %(positions)s::bigint[], %(ordinals)s::integer[])
        v (version, session_id, started_at, position, ordinal)
),
session_rows as materialized (
    select
        v.version as session_id, r.started_at, r.observed_at, r.position, r.collector_id, r.event, r.is_snapshot, r.measured,
        r.operation, r.state, r.session_type, r.page_number, r.pages, r.total_bad_lines, r.data_rate,
        r.error_correction_mode, r.x_resolution, r.y_resolution, r.file_name, r.details
    from version v
    cross join lateral (
        select r.*
        from fax.session_rows r
        where r.session_id = v.session_id and r.started_at = v.started_at and r.position <= v.position
        offset 0
    ) r
),
session as materialized (
    select
        v.version as session_id, s.started_at, s.session_number, s.epoch_id, s.is_open, s.is_fax, s.server,
        -- what no row of the version reports was reported later
        case when v.version in (select r.session_id from session_rows r where r.operation is not null) then s.operation end as operation,
        s.channel, s.uniqueid, s.technology
    from version v
    cross join lateral (select s.* from fax.session s where s.session_id = v.session_id offset 0) s
),
session_snapshots as ({session_snapshots}),
session_events as ({session_events}),
session_evidence as ({session_evidence}),
session_fold as ({session_fold}),
session_facts as (
    select f.*, n.next_life_at
    from session_fold f
    join version v on v.version = f.session_id
    cross join lateral (
        select min(l.began_at) as next_life_at
        from fax.later_lives l
        where l.epoch_id = f.epoch_id and not f.completed and f.gone_at is null
          and not (f.session_number is null and f.snapshots = 0)
          and (l.known_after < v.position or v.ordinal > 0 and l.known_after = v.position)
    ) n
),
sessions as ({sessions})
select v.version, {columns}
from sessions f
join version v on v.version = f.session_id
