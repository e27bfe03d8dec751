-- Whether an append or a correction has changed a session of a month while its rows were dropped.
select exists (
    select from fax.dropped_session d
    where d.started_at >= %(began)s and d.started_at < %(ends)s
      and not exists (
          select from fax.session_total t
          where t.session_id = d.session_id and t.started_at = d.started_at and t.last_position = d.last_position))
