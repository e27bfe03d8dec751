-- grain: the last session of an epoch that started on a channel before a moment; at most one row
-- Evaluated as of the event, so that a repeat of the event gets the same answer.
-- A fax that was never listed matches only its own Uniqueid, and its last event counts as last seen. So does one whose
-- channel was erased.
-- example: select * from fax.last_on_channel('…', 'pbx1', 'PJSIP/1-0000001a', '1764165600.1', '2026-11-23 14:00+00');
create function fax.last_on_channel(
    of_epoch uuid, of_server text, of_channel text, of_uniqueid text, moment timestamptz
) returns table (
    session_id uuid, last_seen bigint, completed boolean, first_listed bigint, unlisted boolean, uniqueid text, gone_at bigint,
    operation text, files text[])
language sql stable
begin atomic
    select
        s.session_id,
        coalesce((extract(epoch from max(h.observed_at) filter (where s.session_number is null or h.listed))
                  * 1000000)::bigint, 0),
        bool_or(h.event in ('SendFAX', 'ReceiveFAX')),
        coalesce((extract(epoch from min(h.observed_at) filter (where h.listed)) * 1000000)::bigint, 0),
        s.session_number is null,
        s.uniqueid,
        (extract(epoch from min(h.observed_at) filter (where h.event = 'Gone')) * 1000000)::bigint,
        s.operation,
        coalesce(array_agg(distinct h.file_name) filter (where h.file_name is not null), '{}')
    from (
        -- two searches, each by an index that has the order
        (select *
         from fax.session
         where epoch_id = of_epoch
           and left(channel, 100) = left(of_channel, 100)
           and channel = of_channel
           and started_at <= moment
           and (session_number is not null or uniqueid is not distinct from of_uniqueid)
           and is_fax
           and operation is distinct from 'V.21'
         order by started_at desc
         limit 1)
        union all
        (select *
         from fax.session
         where server = of_server
           and left(uniqueid, 100) = left(of_uniqueid, 100)
           and uniqueid = of_uniqueid
           and epoch_id = of_epoch
           and channel is null
           and started_at <= moment
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
        where r.session_id = s.session_id and r.started_at = s.started_at and r.observed_at < moment
    ) h
    group by s.session_id, s.session_number, s.uniqueid, s.operation;
end;
