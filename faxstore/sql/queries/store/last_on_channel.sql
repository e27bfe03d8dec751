-- grain: the last session of an epoch that started on a channel before a moment; at most one row
-- Evaluated as of the event, so that a repeat of the event gets the same answer.
-- A fax that was never listed matches only its own Uniqueid, and its last event counts as last seen. So does one whose
-- channel was erased.
select
    s.session_id,
    coalesce((extract(epoch from max(h.observed_at) filter (where s.session_number is null or h.listed))
              * 1000000)::bigint, 0) as last_seen,
    bool_or(h.event in ('SendFAX', 'ReceiveFAX')) as completed,
    coalesce((extract(epoch from min(h.observed_at) filter (where h.listed)) * 1000000)::bigint, 0) as first_listed,
    s.session_number is null as unlisted,
    s.uniqueid,
    (extract(epoch from min(h.observed_at) filter (where h.event = 'Gone')) * 1000000)::bigint as gone_at,
    s.operation,
    coalesce(array_agg(distinct h.file_name) filter (where h.file_name is not null), '{}') as files
from (
    -- two searches, each by an index that has the order
    (select *
     from fax.session
     where epoch_id = %(epoch)s
       and left(channel, 100) = left(%(channel)s, 100)
       and channel = %(channel)s
       and started_at <= %(moment)s
       and (session_number is not null or uniqueid is not distinct from %(uniqueid)s::text)
       and is_fax
       and operation is distinct from 'V.21'
     order by started_at desc
     limit 1)
    union all
    (select *
     from fax.session
     where server = %(server)s
       and left(uniqueid, 100) = left(%(uniqueid)s::text, 100)
       and uniqueid = %(uniqueid)s
       and epoch_id = %(epoch)s
       and channel is null
       and started_at <= %(moment)s
       and is_fax
       and operation is distinct from 'V.21'
     order by started_at desc
     limit 1)
    order by started_at desc
    limit 1
) s
cross join lateral (
    select r.observed_at, r.event, r.file_name, r.event in ('FAXSession', 'FAXSessionsEntry') as listed
    from fax.session_history r
    where r.session_id = s.session_id and r.started_at = s.started_at and r.observed_at < %(moment)s
) h
group by s.session_id, s.session_number, s.uniqueid, s.operation
