-- The rows of the history from one position to another, in their order: the columns of fax.log_entry(), so that the bytes
-- of a row in COPY's binary format behind its count of fields are the row's entry in the log.
-- fax.plain_details() is called where its quick way, which is written out, would not do: that doubles the rate.
select
    h.position, h.session_id, s.server, s.epoch_id, s.session_number, h.started_at, h.observed_at, h.collector_id, h.event,
    h.operation, h.state, h.session_type, h.error_correction_mode, h.data_rate, h.x_resolution, h.y_resolution,
    h.page_number, h.pages_transmitted, h.pages_received, h.total_bad_lines,
    coalesce(fax.personal_digest(k.salt, 'file_name', h.file_name), d.file_name),
    p.plain::text,
    coalesce(fax.personal_digest(k.salt, 'details', case when p.plain <> h.details then h.details::text end), d.details)
from fax.session_history h
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
where h.position between {first} and {last}
order by h.position
