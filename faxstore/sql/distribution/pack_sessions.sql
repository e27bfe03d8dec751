-- As in faxstore/sql/history/pack_sessions.sql, in one statement per table. Each node packs its own sessions, and no row
-- leaves it. Without the trigger fax.check_packed(): compares the rows with their packs before it deletes them.
create or replace function fax.pack_sessions(
    after timestamptz, until timestamptz, most integer default 100,
    out packed_until timestamptz, out packed_rows bigint
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    chosen uuid[];
    old_enough constant timestamptz := now() - interval '2 days';
    unpacked bigint;
begin
    perform set_config('synchronous_commit', 'off', true);
    perform fax.lock_packing();
    select array_agg(n.session_id), max(n.started_at) into chosen, packed_until
    from (
        select s.session_id, s.started_at
        from fax.session s
        where s.started_at > after and s.started_at < until
        order by s.started_at
        limit greatest(most, 1)
    ) n;
    packed_rows := 0;
    if chosen is null then
        return;
    end if;
    chosen := array(select s.session_id from fax.session s where s.started_at > after and s.started_at <= packed_until);
    if fax.make_pack_partitions(chosen) then
        packed_until := after;
        return;
    end if;
    chosen := array(
        select o.session_id
        from fax.observation o
        where o.session_id = any (chosen) and o.started_at > after and o.started_at <= packed_until
        group by o.session_id
        having max(o.observed_at) < old_enough
    );
    if cardinality(chosen) = 0 then
        return;
    end if;
    insert into fax.packed_account (account)
    select distinct left(o.details ->> 'AccountCode', 100)
    from fax.observation o
    where o.session_id = any (chosen) and o.started_at > after and o.started_at <= packed_until
      and o.details ->> 'AccountCode' <> ''
    on conflict do nothing;
    insert into fax.session_pack as old (
        session_id, started_at, first_observed_at, last_observed_at, first_position, last_position, completed_at,
        hung_up_at, rows)
    select
        h.session_id, h.started_at, min(h.observed_at), max(h.observed_at), min(h.position), max(h.position),
        min(h.observed_at) filter (where h.event in ('SendFAX', 'ReceiveFAX')),
        max(h.observed_at) filter (where h.event = 'Hangup'),
        array_agg(h.one order by h.details is null, h.position)
    from (
        select o.*, row(o.*)::fax.observation as one
        from fax.observation o
        where o.session_id = any (chosen) and o.started_at > after and o.started_at <= packed_until
    ) h
    group by h.session_id, h.started_at
    on conflict (session_id, started_at) do update
    set first_observed_at = least(old.first_observed_at, excluded.first_observed_at),
        last_observed_at = greatest(old.last_observed_at, excluded.last_observed_at),
        first_position = least(old.first_position, excluded.first_position),
        last_position = greatest(old.last_position, excluded.last_position),
        completed_at = least(old.completed_at, excluded.completed_at),
        hung_up_at = greatest(old.hung_up_at, excluded.hung_up_at),
        rows = fax.merged_rows(old.rows, excluded.rows);
    select count(*) into unpacked
    from (
        select o.session_id, o.started_at, o.position, row(o.*)::fax.observation as one
        from fax.observation o
        where o.session_id = any (chosen) and o.started_at > after and o.started_at <= packed_until
    ) o
    join fax.session_pack p on p.session_id = o.session_id and p.started_at = o.started_at
    where o.position <= p.last_position and not fax.has_row(p.rows, o.one);
    if unpacked > 0 then
        raise exception 'fax.observation is append-only: delete is refused for % rows that are not in fax.session_pack', unpacked
            using errcode = 'insufficient_privilege';
    end if;
    delete from fax.observation o
    using fax.session_pack p
    where p.session_id = any (chosen) and p.started_at > after and p.started_at <= packed_until
      and o.session_id = p.session_id and o.started_at = p.started_at
      and o.position <= p.last_position;
    get diagnostics packed_rows = row_count;
end
$$;
