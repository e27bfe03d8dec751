-- grain: one session of an epoch whose channel hung up while it went on, and which a completion event may end
-- The latest first; it was listed within 15 s before the event, or since its channel hung up if no list has lacked it for
-- more than 15 s. It has no completion event yet. A session whose files were erased, and which was not listed since, is
-- the one if it is the only one.
-- example: select * from fax.adrift('…', 'receive', '2026-11-23 14:00+00', '{/var/spool/fax/1.tif}');
create function fax.adrift(
    of_epoch uuid, of_operation text, moment timestamptz, names text[]
) returns table (session_id uuid)
language sql stable
begin atomic
    select c.session_id
    from (
        select s.session_id, h.observed_at, l.matches, count(*) over () as candidates
        from (
            select o.session_id, o.started_at, o.observed_at
            from fax.observation o
            where o.event = 'Hangup'
              and o.observed_at between moment - interval '1 day' and moment
              and o.started_at between moment - interval '2 days' and moment
            union all
            select p.session_id, p.started_at, k.observed_at
            from fax.session_pack p
            cross join lateral unnest(p.rows) k
            where p.hung_up_at >= moment - interval '1 day'
              and p.started_at between moment - interval '2 days' and moment
              and k.event = 'Hangup' and k.observed_at between moment - interval '1 day' and moment
        ) h
        join fax.session s on s.session_id = h.session_id
        cross join lateral (
            select bool_or(r.file_name = any (names) or r.details ->> 'Files' = any (names)) as matches,
                   bool_or(r.file_name is not null or coalesce(r.details ? 'Files', false)) as names_files
            from fax.session_history r
            where r.session_id = h.session_id and r.started_at = h.started_at
              and r.event in ('FAXSession', 'FAXSessionsEntry')
              and r.observed_at between least(h.observed_at, moment - interval '15 seconds') and moment
        ) l
        where s.epoch_id = of_epoch
          and s.operation = of_operation
          and (l.matches or (s.channel is null and not l.names_files))
          and not exists (
              select from fax.session_history r
              where r.session_id = h.session_id and r.started_at = h.started_at and r.event in ('SendFAX', 'ReceiveFAX')
                and r.observed_at < moment
          )
          and not exists (
              select from fax.session_history r
              where r.session_id = h.session_id and r.started_at = h.started_at and r.event = 'Gone'
                and r.observed_at < moment - interval '15 seconds'
          )
    ) c
    where c.matches or c.candidates = 1
    order by c.observed_at desc
    limit 1;
end;
