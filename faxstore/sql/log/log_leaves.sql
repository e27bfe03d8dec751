-- grain: one row of the history as a leaf of the log
-- example: select encode(leaf, 'hex') from fax.log_leaves where position = 1;
create view fax.log_leaves as
select
    e.position,  -- Position of the row in the history; the index of its leaf is one less.
    e.session_id,  -- The session.
    e.started_at,  -- First observation of the session. Determines the partition.
    e.entry,  -- Canonical bytes of the row by fax.log_entry(), with digests for personal values.
    sha256('\x00' || e.entry) as leaf  -- Leaf hash (RFC 6962), 32 bytes. Until the row is sealed, its personal values have no salt and this is not yet its leaf.
from (
    select
        h.position,
        h.session_id,
        h.started_at,
        fax.log_entry(
            h.position, h.session_id, s.server, s.epoch_id, s.session_number, h.started_at, h.observed_at, h.collector_id,
            h.event, h.operation, h.state, h.session_type, h.error_correction_mode, h.data_rate, h.x_resolution,
            h.y_resolution, h.page_number, h.pages_transmitted, h.pages_received, h.total_bad_lines,
            p.plain,
            coalesce(fax.personal_digest(k.salt, 'file_name', h.file_name), d.file_name),
            coalesce(fax.personal_digest(k.salt, 'details', case when p.plain <> h.details then h.details::text end), d.details)
        ) as entry
    from fax.session_history h
    left join fax.session s on s.session_id = h.session_id
    left join fax.session_salt k on k.session_id = h.session_id
    left join fax.erased_digest d on d.session_id = h.session_id and d.position = h.position
    cross join lateral (select fax.plain_details(h.details) as plain offset 0) p
) e;

comment on view fax.log_leaves is 'Leaves of the transparency log as the rows are now: leaf n of the tree is the row at position n. fax.checkpoint has what was sealed.';
