-- Rows of the history between two positions, in no order, for faxstore/log/leaves.py. The first columns are the input of
-- the digests of personal values, which cost the client less than the server. The others are the arguments of
-- fax.log_entry() without those digests, so that a row in COPY's binary format is the row's entry in the log.
-- Calls fax.plain_details() only if the shortcut written out below does not apply, which doubles the rate. `parts` are the
-- details as text if they are personal, and their plain part; a subquery, which most rows, without details, do not run.
select
    r.salt,
    r.file_name,
    r.parts[1],
    case when r.is_erased then
        coalesce('\x01' || r.erased_name, '\x00') || coalesce('\x01' || r.erased_details, '\x00') end,
    r.position, r.session_id, r.server, r.epoch_id, r.session_number, r.started_at, r.observed_at, r.collector_id, r.event,
    r.operation, r.state, r.session_type, r.error_correction_mode, r.data_rate, r.x_resolution, r.y_resolution,
    r.page_number, r.pages_transmitted, r.pages_received, r.total_bad_lines,
    r.parts[2]
from (
    select
        h.*, k.salt,
        d.session_id is not null as is_erased, d.file_name as erased_name, d.details as erased_details,
        case when h.details is not null then (
            select array[case when p.plain <> h.details then h.details::text end, p.plain::text]
            from (select fax.personal_details(h.details) as personal offset 0) m
            cross join lateral (
                select case
                    when m.personal = '{}' then h.details
                    when m.personal ? 'ChanVariable' then fax.plain_details(h.details)
                    else h.details - array(select jsonb_object_keys(m.personal))
                end as plain offset 0
            ) p
        ) end as parts
    from fax.rows_with_sessions({first}, {last}) h
    left join fax.session_salt k on k.session_id = h.session_id
    left join fax.erased_digest d on d.session_id = h.session_id and d.position = h.position and d.position between {first} and {last}
    offset 0
) r
