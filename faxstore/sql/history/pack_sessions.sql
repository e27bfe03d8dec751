-- Packs the next sessions, in the order of their start: those that started after a moment and before another, at most
-- `most` and those that started together with the last one. Moves their rows from fax.observation to fax.session_pack.
-- A session that has a pack gets its late rows added to it. Returns the start of the last of these sessions, from which
-- the next call goes on; NULL if there are none; and the number of rows moved. A call that creates a partition packs
-- nothing, and the next one goes on from the same moment.
-- A session with a row that was observed in the last two days is left to a later call. Of two calls at the same time, one
-- waits for the other. An append waits only if it has rows that are older than a day (fax.append).
-- example: select * from fax.pack_sessions('-infinity', '2026-11-01 00:00+00');
create function fax.pack_sessions(
    after timestamptz, until timestamptz, most integer default 100,
    out packed_until timestamptz, out packed_rows bigint
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off  -- for the rows of one session, which are on as many pages, a bitmap takes longer
as $$
declare
    chosen uuid[];
begin
    -- The commit does not wait for the disk: after a crash, rows and packs are as before it or as after it.
    perform set_config('synchronous_commit', 'off', true);
    perform fax.lock_packing();
    select array_agg(n.session_id), max(n.started_at) into chosen, packed_until
    from (
        select s.session_id, s.started_at
        from fax.session s
        where s.started_at > after and s.started_at < until
        order by s.started_at
        fetch first (greatest(most, 1)) rows with ties
    ) n;
    packed_rows := 0;
    if chosen is null then
        return;
    end if;
    if fax.make_pack_partitions(chosen) then
        packed_until := after;
        return;
    end if;
    with built as materialized (
        select s.session_id, s.started_at, h.*
        from fax.session s
        cross join lateral (
            select
                min(o.observed_at) as first_observed_at,
                max(o.observed_at) as last_observed_at,
                min(o.position) as first_position,
                max(o.position) as last_position,
                min(o.observed_at) filter (where o.event in ('SendFAX', 'ReceiveFAX')) as completed_at,
                max(o.observed_at) filter (where o.event = 'Hangup') as hung_up_at,
                array_agg(o order by o.position) filter (where o.details is not null)
                    || array_agg(o order by o.position) filter (where o.details is null) as rows,
                array_agg(distinct left(o.details ->> 'AccountCode', 100)) filter (where o.details ->> 'AccountCode' <> '') as accounts
            from fax.observation o
            where o.session_id = s.session_id and o.started_at = s.started_at
        ) h
        where s.session_id = any (chosen) and h.last_observed_at < now() - interval '2 days'
    ),
    packed as (
        insert into fax.session_pack as old (
            session_id, started_at, first_observed_at, last_observed_at, first_position, last_position, completed_at,
            hung_up_at, rows)
        select b.session_id, b.started_at, b.first_observed_at, b.last_observed_at, b.first_position, b.last_position,
               b.completed_at, b.hung_up_at, b.rows
        from built b
        on conflict (session_id, started_at) do update
        set first_observed_at = least(old.first_observed_at, excluded.first_observed_at),
            last_observed_at = greatest(old.last_observed_at, excluded.last_observed_at),
            first_position = least(old.first_position, excluded.first_position),
            last_position = greatest(old.last_position, excluded.last_position),
            completed_at = least(old.completed_at, excluded.completed_at),
            hung_up_at = greatest(old.hung_up_at, excluded.hung_up_at),
            rows = array(select r from unnest(old.rows || excluded.rows) r order by r.details is null, r.position)
    )
    insert into fax.packed_account (account)
    select distinct a.account from built b cross join lateral unnest(b.accounts) a (account)
    on conflict do nothing;
    delete from fax.observation o
    using fax.session_pack p
    where p.session_id = any (chosen) and p.started_at > after and p.started_at <= packed_until
      and o.session_id = p.session_id and o.started_at = p.started_at
      -- + 0: not by the index of positions, which would find all earlier rows for each session
      and o.position + 0 <= p.last_position;
    get diagnostics packed_rows = row_count;
end
$$;
