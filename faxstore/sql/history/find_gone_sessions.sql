-- Compares the open sessions of an epoch with a complete list of it: returns those that the list no longer contains.
-- Sessions first observed after the list, or listed again since, are not returned. Records the list in the epoch.
-- example: select * from fax.find_gone_sessions('…', '2026-11-23 14:00+00', array[7, 8]);
create function fax.find_gone_sessions(list_epoch uuid, seen_at timestamptz, numbers bigint[])
returns table (session_id uuid, session_number bigint, channel text, started_at timestamptz)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform fax.lock_append();
    update fax.epoch e set last_seen_at = seen_at where e.epoch_id = list_epoch and e.last_seen_at < seen_at;
    return query
        select s.session_id, s.session_number, s.channel, s.started_at
        from fax.session s
        where s.epoch_id = list_epoch and s.is_open and s.started_at < seen_at
          and s.session_number <> all (numbers)
          and (select max(h.observed_at) from fax.session_history h
               where h.session_id = s.session_id and h.started_at = s.started_at
                 and h.event in ('FAXSession', 'FAXSessionsEntry')) < seen_at
        order by s.session_number;
end
$$;
