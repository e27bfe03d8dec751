-- As in faxstore/sql/history/stored_events.sql, with one query for all events.
create or replace function fax.stored_events(
    servers text[], moments timestamptz[], events text[], channels text[], uniqueids text[]
) returns table (ordinal bigint, session_id uuid, epoch_id uuid, unlisted boolean, is_fax boolean)
language plpgsql stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    first_start timestamptz := (select min(m) - interval '1 day' from unnest(moments) m);
    last_start timestamptz := (select max(m) + interval '1 hour' from unnest(moments) m);
begin
    return query
    with found as materialized (
        select h.*, s.epoch_id, s.session_number is null as unlisted, s.is_fax, s.server, s.channel as own_channel,
               s.uniqueid as own_uniqueid
        from (
            select o.session_id, o.started_at, o.observed_at, o.event, o.details
            from fax.observation o
            where o.observed_at = any (moments)
              and o.event in ('VarSet', 'FAXStatus', 'Newexten', 'DialBegin', 'SendFAX', 'ReceiveFAX')
              and o.started_at between first_start and last_start
            union all
            select p.session_id, p.started_at, k.observed_at, k.event, k.details
            from fax.session_pack p
            cross join lateral unnest(p.rows) k
            where exists (select from unnest(moments) m where m between p.first_observed_at and p.last_observed_at)
              and p.started_at between first_start and last_start
              and k.observed_at = any (moments)
              and k.event in ('VarSet', 'FAXStatus', 'Newexten', 'DialBegin', 'SendFAX', 'ReceiveFAX')
        ) h
        join fax.session s on s.session_id = h.session_id
    )
    select e.ordinal, f.session_id, f.epoch_id, f.unlisted, f.is_fax
    from unnest(servers, moments, events, channels, uniqueids)
        with ordinality as e (server, observed_at, event, channel, uniqueid, ordinal)
    join found f on f.observed_at = e.observed_at and f.event = e.event and f.server = e.server
    where f.started_at between e.observed_at - interval '1 day' and e.observed_at + interval '1 hour'
      and (f.own_channel = e.channel or f.details ->> 'Channel' = e.channel
           or coalesce(nullif(f.details ->> 'Uniqueid', ''), f.own_uniqueid) = e.uniqueid);
end
$$;
