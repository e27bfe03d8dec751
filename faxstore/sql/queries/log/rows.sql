-- Rows of the history between two positions, in order, for faxstore/log/leaves.py. The first columns are the input of
-- the digests of personal values, which cost the client less than the server. The others are the arguments of
-- fax.log_entry() without those digests, so that a row in COPY's binary format is the row's entry in the log.
-- Calls fax.plain_details() only if the shortcut written out below does not apply, which doubles the rate.
select
    k.salt,
    h.file_name,
    case when p.plain <> h.details then h.details::text end,
    case when d.session_id is not null then
        coalesce('\x01' || d.file_name, '\x00') || coalesce('\x01' || d.details, '\x00') end,
    h.position, h.session_id, s.server, s.epoch_id, s.session_number, h.started_at, h.observed_at, h.collector_id, h.event,
    h.operation, h.state, h.session_type, h.error_correction_mode, h.data_rate, h.x_resolution, h.y_resolution,
    h.page_number, h.pages_transmitted, h.pages_received, h.total_bad_lines,
    p.plain::text
from fax.rows_between({first}, {last}) h
left join fax.session s on s.session_id = h.session_id
left join fax.session_salt k on k.session_id = h.session_id
left join fax.erased_digest d on d.session_id = h.session_id and d.position = h.position and d.position between {first} and {last}
cross join lateral (select case when h.details is not null then fax.personal_details(h.details) end as personal offset 0) m
cross join lateral (
    select case
        when m.personal = '{}' then h.details
        when m.personal ? 'ChanVariable' then fax.plain_details(h.details)
        else h.details - array(select jsonb_object_keys(m.personal))
    end as plain offset 0
) p
order by h.position
