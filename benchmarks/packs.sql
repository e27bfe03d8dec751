-- Other forms of the view fax.session_history, which benchmarks/packs.py compares with it.
-- Two branches: rows that are not packed as they are, and those of packs.
create schema branches;
create view branches.stored as
select o.* from fax.observation o
union all
select
    p.session_id, p.started_at, r.observed_at, r.position, r.data_rate, r.x_resolution, r.y_resolution,
    r.page_number, r.pages_transmitted, r.pages_received, r.total_bad_lines, r.collector, r.words,
    r.error_correction_mode, r.event, r.operation, r.state, r.session_type, r.file_name, r.details
from fax.session_pack p
cross join lateral unnest(p.rows) r;

create view branches.session_history as
select
    h.session_id, h.started_at, h.observed_at, h.position, h.data_rate, h.x_resolution, h.y_resolution,
    h.page_number, h.pages_transmitted, h.pages_received, h.total_bad_lines, h.error_correction_mode,
    coalesce(h.event, 'FAXSession') as event,
    coalesce(h.operation, fax.snapshot_operation(h.words)) as operation,
    coalesce(h.state, fax.snapshot_state(h.words)) as state,
    coalesce(h.session_type, fax.snapshot_type(h.words)) as session_type,
    c.collector_id, h.file_name, h.details
from branches.stored h
left join fax.collector c on c.collector = h.collector;

-- One unnest over both tables, but a row that is not packed has no array.
create schema cases;
create view cases.stored as
select
    u.session_id,
    u.started_at,
    case when u.rows is null then u.observed_at else r.observed_at end as observed_at,
    case when u.rows is null then u.position else r.position end as position,
    case when u.rows is null then u.data_rate else r.data_rate end as data_rate,
    case when u.rows is null then u.x_resolution else r.x_resolution end as x_resolution,
    case when u.rows is null then u.y_resolution else r.y_resolution end as y_resolution,
    case when u.rows is null then u.page_number else r.page_number end as page_number,
    case when u.rows is null then u.pages_transmitted else r.pages_transmitted end as pages_transmitted,
    case when u.rows is null then u.pages_received else r.pages_received end as pages_received,
    case when u.rows is null then u.total_bad_lines else r.total_bad_lines end as total_bad_lines,
    case when u.rows is null then u.collector else r.collector end as collector,
    case when u.rows is null then u.words else r.words end as words,
    case when u.rows is null then u.error_correction_mode else r.error_correction_mode end as error_correction_mode,
    case when u.rows is null then u.event else r.event end as event,
    case when u.rows is null then u.operation else r.operation end as operation,
    case when u.rows is null then u.state else r.state end as state,
    case when u.rows is null then u.session_type else r.session_type end as session_type,
    case when u.rows is null then u.file_name else r.file_name end as file_name,
    case when u.rows is null then u.details else r.details end as details
from (
    select
        o.session_id, o.started_at, o.observed_at, o.position, o.data_rate, o.x_resolution, o.y_resolution,
        o.page_number, o.pages_transmitted, o.pages_received, o.total_bad_lines, o.collector, o.words,
        o.error_correction_mode, o.event, o.operation, o.state, o.session_type, o.file_name, o.details,
        null::fax.observation[] as rows
    from fax.observation o
    union all
    select
        p.session_id, p.started_at, null::timestamptz, null::bigint, null::integer, null::integer, null::integer,
        null::integer, null::integer, null::integer, null::integer, null::integer, null::smallint, null::boolean,
        null::text, null::text, null::text, null::text, null::text, null::jsonb, p.rows
    from fax.session_pack p
) u
left join lateral unnest(u.rows) r on true;

create view cases.session_history as
select
    h.session_id, h.started_at, h.observed_at, h.position, h.data_rate, h.x_resolution, h.y_resolution,
    h.page_number, h.pages_transmitted, h.pages_received, h.total_bad_lines, h.error_correction_mode,
    coalesce(h.event, 'FAXSession') as event,
    coalesce(h.operation, fax.snapshot_operation(h.words)) as operation,
    coalesce(h.state, fax.snapshot_state(h.words)) as state,
    coalesce(h.session_type, fax.snapshot_type(h.words)) as session_type,
    c.collector_id, h.file_name, h.details
from cases.stored h
left join fax.collector c on c.collector = h.collector;
