-- As in faxstore/sql/folds/compare_readings.sql, with one query per question.
create or replace function fax.compare_readings(
    of_server text, before_at timestamptz, before_details jsonb, after_at timestamptz, after_details jsonb)
returns table (
    from_at timestamptz, to_at timestamptz, restarted boolean,
    transmit_attempts bigint, transmit_attempts_seen bigint,
    receive_attempts bigint, receive_attempts_seen bigint,
    attempts_missed bigint,
    completed bigint, completed_seen bigint,
    failed bigint, failed_seen bigint
)
language plpgsql stable parallel safe
as $$
#variable_conflict use_column
declare
    names constant text[] := '{TransmitAttempts,ReceiveAttempts,CompletedFAXes,FailedFAXes}';
    earlier bigint[] := array(select fax.counter(before_details, n.name) from unnest(names) with ordinality n (name, place) order by n.place);
    counted bigint[] := array(select fax.counter(after_details, n.name) from unnest(names) with ordinality n (name, place) order by n.place);
    began timestamptz := (select n.began_at from fax.restarted_at(of_server, before_at, after_at) n);
    since timestamptz := greatest(before_at, began);
    ended uuid[] := array(
        select o.session_id from fax.observation o
        where o.event in ('SendFAX', 'ReceiveFAX') and o.observed_at > since and o.observed_at <= after_at
          and o.started_at > since - interval '1 day' and o.started_at <= after_at
    ) || array(
        select p.session_id from fax.session_pack p
        where p.completed_at > since and p.completed_at <= after_at
          and p.started_at > since - interval '1 day' and p.started_at <= after_at
    ) || array(
        select d.session_id from fax.dropped_session d
        where d.completed_at > since and d.completed_at <= after_at
          and d.started_at > since - interval '1 day' and d.started_at <= after_at
    );
begin
    restarted := began is not null
        or exists (select from unnest(earlier, counted) c (was, is_now) where c.is_now < c.was);
    if not restarted then
        counted := array(
            select c.is_now - c.was from unnest(earlier, counted) with ordinality c (was, is_now, place) order by c.place);
    end if;
    select
        count(*) filter (where q.operation = 'send'), count(*) filter (where q.operation = 'receive'),
        counted[1] + counted[2] - count(*)
    into transmit_attempts_seen, receive_attempts_seen, attempts_missed
    from fax.sessions q
    where q.server = of_server and q.started_at > since and q.started_at <= after_at
      and fax.is_attempt(q.operation, q.result_error);
    select count(*), count(*) filter (where q.result = 'failed')
    into completed_seen, failed_seen
    from fax.sessions q
    where q.session_id = any (ended) and q.server = of_server
      and q.started_at > since - interval '1 day' and q.started_at <= after_at
      and q.ended_at > since and q.ended_at <= after_at and q.ended_at < q.started_at + interval '1 day';
    from_at := before_at;
    to_at := after_at;
    transmit_attempts := counted[1];
    receive_attempts := counted[2];
    completed := counted[3];
    failed := counted[4];
    return next;
end
$$;
