-- grain: one session with a number in one of its values, in any spelling (fax.contains_number)
-- Returns the columns and headers that contain it: those that an erasure empties, and those that are not personal and
-- remain.
with place (session_id, name, is_erased) as (
    select s.session_id, v.name, v.is_erased
    from fax.session s
    cross join lateral (values
        ('channel', s.channel, true), ('uniqueid', s.uniqueid, false),
        ('technology', s.technology, false), ('operation', s.operation, false)) v (name, value, is_erased)
    where fax.contains_number(v.value, %(digits)s)
    union
    -- of a session whose rows are in files only, what its total shows
    select t.session_id, 'fax.session_total.' || v.name, true
    from fax.dropped_session d
    join fax.session_total t on t.session_id = d.session_id and t.started_at = d.started_at
    cross join lateral (values
        ('caller_number', t.caller_number), ('called_number', t.called_number),
        ('local_station_id', t.local_station_id), ('remote_station_id', t.remote_station_id)) v (name, value)
    where fax.contains_number(v.value, %(digits)s)
    union
    select t.session_id, 'fax.session_total.file_names', true
    from fax.dropped_session d
    join fax.session_total t on t.session_id = d.session_id and t.started_at = d.started_at
    cross join lateral unnest(t.file_names) f (name)
    where fax.contains_number(f.name, %(digits)s)
    union
    select h.session_id, p.name, p.is_erased
    from fax.session_history h
    cross join lateral fax.places_of_number(
        %(digits)s, h.file_name, h.operation, h.state, h.session_type, h.event, h.details) p
    union
    select l.session_id, 'fax.export_line.' || v.name, v.is_erased
    from fax.export_line l
    cross join lateral (values
        ('caller_number', l.caller_number, true), ('called_number', l.called_number, true),
        ('local_station_id', l.local_station_id, true), ('remote_station_id', l.remote_station_id, true),
        ('account_code', l.account_code, false), ('uniqueid', l.uniqueid, false), ('linkedid', l.linkedid, false)
    ) v (name, value, is_erased)
    where fax.contains_number(v.value, %(digits)s)
)
select s.session_id, s.server, s.started_at, s.is_open,
       coalesce(array_agg(p.name order by p.name) filter (where p.is_erased), '{}') as erased,
       coalesce(array_agg(p.name order by p.name) filter (where not p.is_erased), '{}') as remaining
from place p
join fax.session s on s.session_id = p.session_id
group by s.session_id
order by s.started_at, s.session_id
