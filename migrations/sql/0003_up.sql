-- Which of several ingestors watches a server; a collector is named by its spool, not by its host alone.
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

revoke all on function fax.hold_lease(text, text, double precision) from public;
grant execute on function fax.hold_lease(text, text, double precision) to fax_ingest;
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
