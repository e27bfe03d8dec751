-- Which of several ingestors watches a server; a collector is named by its spool, not by its host alone; reloads that
-- nobody saw.
-- grain: one server; which ingestor is to watch it, until when
-- example: select server, holder, taken_at from fax.lease where expires_at > now();
-- Not history: it is changed by fax.hold_lease() alone, every few seconds, by the database's clock.
create table fax.lease (
    server     text primary key,
    holder     text not null,
    taken_at   timestamptz not null,
    renewed_at timestamptz not null,
    expires_at timestamptz not null
)
-- Room on the page for the row's next versions, so that a change makes no new entry of the index.
with (fillfactor = 10);

comment on table fax.lease is 'Which of several ingestors is to watch a server: the others stand by. No part of the history.';
comment on column fax.lease.server is 'Name of the server in the settings.';
comment on column fax.lease.holder is 'Who is to watch it, as in collector_id.';
comment on column fax.lease.taken_at is 'Since when, by the database''s clock.';
comment on column fax.lease.renewed_at is 'When the holder last said that it does.';
comment on column fax.lease.expires_at is 'Until when it does, if it says no more; not after renewed_at: it has left.';

-- Asks to watch a server for some seconds (at most 60; 0 gives it up), and says who does: the one who asks, unless
-- another holds a lease that has not run out. Times are the database's; a lease from the future (its clock was set
-- back) does not count.
-- left_by: who held it before the one who gets it now; silent_since: when that one last renewed it (NULL: it left).
-- example: select * from fax.hold_lease('pbx1', 'host-a/5f3c9a1b', 6);
create function fax.hold_lease(
    of_server text, asking text, seconds double precision,
    out holds boolean, out held_by text, out seconds_left double precision, out left_by text, out silent_since timestamptz
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    held fax.lease;
    moment timestamptz := clock_timestamp();
begin
    -- Whoever stands by only reads.
    select l.* into held from fax.lease l where l.server = of_server;
    if held.holder is null or held.holder = asking or moment < held.renewed_at or moment >= held.expires_at then
        insert into fax.lease values (of_server, asking, moment, moment, moment) on conflict do nothing;
        select l.* into held from fax.lease l where l.server = of_server for update;
        moment := clock_timestamp();
    end if;
    if held.holder <> asking and moment >= held.renewed_at and moment < held.expires_at then
        holds := false;
        held_by := held.holder;
        seconds_left := extract(epoch from held.expires_at - moment);
        return;
    end if;
    holds := true;
    held_by := asking;
    seconds_left := least(greatest(seconds, 0), 60);
    if held.holder <> asking then
        left_by := held.holder;
        silent_since := case when held.expires_at > held.renewed_at then held.renewed_at end;
    end if;
    update fax.lease l
    set holder = asking,
        taken_at = case when held.holder = asking then held.taken_at else moment end,
        renewed_at = moment,
        expires_at = moment + seconds_left * interval '1 second'
    where l.server = of_server;
end
$$;

comment on function fax.hold_lease(text, text, double precision) is 'Asks to watch a server for some seconds, and says who does.';

-- When res_fax.so was loaded anew between the newest epoch of a start and the moment from which an observer saw that
-- start, as far as it is on record: the last Load or Unload of it, or counters (FAXStats) of that observer that fell.
-- NULL: nothing tells of one, or there is an epoch of it.
-- example: select fax.unseen_reload('pbx1', '2026-11-23 08:00+00', null, '2026-11-23 09:00+00', 'host-a/5f3c9a1b');
create function fax.unseen_reload(
    of_server text, started timestamptz, startup text, first_seen timestamptz, observer text
) returns timestamptz
language sql stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    with newest as (
        select coalesce(e.reloaded_at, e.first_seen_at) as began_at, e.last_seen_at
        from fax.epoch e
        where e.server = of_server
          and (e.started_at between started - interval '2 seconds' and started + interval '2 seconds'
               or (e.startup_text = startup and (e.started_at is null or started is null)))
          and coalesce(e.reloaded_at <= first_seen, true)
        order by e.reload_ordinal desc
        limit 1
    ),
    loaded as (
        select max(h.observed_at) as at
        from newest n
        join fax.server_history h
            on h.server = of_server
            and h.observed_at > greatest(n.began_at + interval '2 seconds', n.last_seen_at - interval '5 minutes')
            and h.observed_at < first_seen
        where h.event in ('Load', 'Unload')
          and lower(h.details ->> 'Module') in ('res_fax.so', 'res_fax')
          and lower(coalesce(h.details ->> 'Status', 'success')) in ('', 'success')
    ),
    counted as (
        select first_seen as at
        from newest n
        cross join lateral (
            select h.details from fax.server_history h
            where h.server = of_server and h.event = 'FAXStats' and h.collector_id = observer
              and h.observed_at > n.began_at and h.observed_at < first_seen
            order by h.observed_at desc limit 1
        ) b
        cross join lateral (
            select h.details from fax.server_history h
            where h.server = of_server and h.event = 'FAXStats' and h.collector_id = observer
              and h.observed_at >= first_seen and h.observed_at < first_seen + interval '1 minute'
            order by h.observed_at limit 1
        ) a
        cross join unnest(array['TransmitAttempts', 'ReceiveAttempts', 'CompletedFAXes', 'FailedFAXes']) as c (name)
        where fax.counter(a.details, c.name) < fax.counter(b.details, c.name)
    )
    select coalesce((select l.at from loaded l), (select max(c.at) from counted c))
$$;

comment on function fax.unseen_reload(text, timestamptz, text, timestamptz, text) is
    'When res_fax.so was loaded anew without an observer that saw it, as far as what is on record tells.';

revoke all on function fax.hold_lease(text, text, double precision) from public;
revoke all on function fax.unseen_reload(text, timestamptz, text, timestamptz, text) from public;
grant execute on function fax.hold_lease(text, text, double precision) to fax_ingest;
grant execute on function fax.unseen_reload(text, timestamptz, text, timestamptz, text) to fax_ingest;
grant select on fax.lease to fax_reader;

comment on column fax.session_history.collector_id is 'Who observed it: the ingestor (its host and the id of its spool), or the import.';
comment on column fax.server_history.collector_id is 'Who observed it: the ingestor (its host and the id of its spool), or the import.';
comment on column fax.rejected_message.collector_id is 'Who observed it: the ingestor (its host and the id of its spool), or the import.';
comment on column fax.append_batch.collector_id is 'Who appended: the ingestor (its host and the id of its spool), or the import.';
do $$
declare
    partition_name text;
begin
    for partition_name in
        select c.relname
        from pg_inherits i
        join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'fax.session_history'::regclass and c.relname <> 'session_history_default'
    loop
        execute format('comment on column fax.%I.collector_id is %L', partition_name,
                       'Who observed it: the ingestor (its host and the id of its spool), or the import.');
    end loop;
end
$$;
