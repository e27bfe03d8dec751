-- grain: the last session of an epoch that began on a channel before a moment; at most one row
-- Asked as of an event itself, so that a repeat of the event comes to the same answer.
select
    s.session_id,
    coalesce((extract(epoch from max(h.observed_at) filter (where h.event in ('FAXSession', 'FAXSessionsEntry')))
              * 1000000)::bigint, 0) as last_listed,
    bool_or(h.event in ('SendFAX', 'ReceiveFAX')) as completed
from (
    select *
    from fax.session
    where epoch_id = %(epoch)s
      and left(channel, 100) = left(%(channel)s, 100)
      and channel = %(channel)s
      and started_at <= %(moment)s
      and session_number is not null
      and operation is distinct from 'V.21'
    order by started_at desc
    limit 1
) s
join fax.session_history h
  on h.session_id = s.session_id and h.started_at = s.started_at and h.observed_at < %(moment)s
group by s.session_id
