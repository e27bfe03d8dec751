-- Returns the epoch of a life of the fax registry, as one observer describes it; creates a new one if `make` is true.
-- Two observers of one boot, or a recording and the live ingestor, get the same epoch. Two reloads that one observer saw
-- are two epochs however soon they follow each other: `previous` is the epoch of its life before a reload.
-- A new epoch ends the open sessions of earlier lives. It stores which, because no row of the history shows when.
create function fax.resolve_epoch(
    life_server text, proposed uuid, known uuid, first_seen timestamptz, continued boolean,
    started timestamptz, startup text, reloaded timestamptz, previous uuid, make boolean
) returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    found_id uuid := known;
    earlier integer;
    latest uuid[];
    last_position bigint;
    ended uuid[];
    same_start constant interval := '2 seconds';  -- Uptime is in whole seconds
begin
    perform fax.lock_append();
    if found_id is null and (started is not null or startup is not null) then
        select e.epoch_id into found_id
        from fax.epoch e
        where e.server = life_server
          and (e.started_at between started - same_start and started + same_start
               or (e.startup_text = startup and (e.started_at is null or started is null)))
          and case when reloaded is null then coalesce(e.reloaded_at <= first_seen, true)
                   else e.reloaded_at between reloaded - same_start and reloaded + same_start end
          and e.reload_ordinal > coalesce((select p.reload_ordinal from fax.epoch p where p.epoch_id = previous), -1)
        order by abs(extract(epoch from e.reloaded_at - reloaded)), e.reload_ordinal desc
        limit 1;
        if found_id is null then
            -- The epoch that this observer created when it did not know the start yet.
            select e.epoch_id into found_id
            from fax.epoch e
            where e.server = life_server and e.first_seen_at = first_seen and e.reloaded_at is not distinct from reloaded
              and e.started_at is null and e.startup_text is null;
        end if;
    elsif found_id is null then
        -- Without evidence of the start: the epoch observed at that moment, or a new one.
        select e.epoch_id into found_id
        from fax.epoch e
        where e.server = life_server
          and e.first_seen_at <= first_seen
          and first_seen <= e.last_seen_at + case when continued then interval '2 minutes' else interval '0' end
          and (reloaded is null or e.reloaded_at between reloaded - same_start and reloaded + same_start)
        order by e.first_seen_at desc
        limit 1;
    end if;
    if found_id is null and not make then
        return null;
    end if;
    if not exists (select from fax.epoch e where e.epoch_id = coalesce(found_id, proposed)) then
        latest := array(
            select e.epoch_id
            from fax.epoch e
            where e.server = life_server and not exists (select from fax.later_lives l where l.epoch_id = e.epoch_id));
    end if;
    select count(*) into earlier
    from fax.epoch e
    where reloaded is not null and e.server = life_server
      and (e.started_at between started - same_start and started + same_start or e.startup_text = startup);
    insert into fax.epoch (epoch_id, server, started_at, startup_text, reloaded_at, reload_ordinal, first_seen_at, last_seen_at)
    values (coalesce(found_id, proposed), life_server, started, startup, reloaded, earlier, first_seen, first_seen)
    on conflict (epoch_id) do update
        set started_at = coalesce(epoch.started_at, excluded.started_at),
            startup_text = coalesce(epoch.startup_text, excluded.startup_text),
            first_seen_at = least(epoch.first_seen_at, excluded.first_seen_at)
    returning epoch_id into found_id;
    if latest is not null then
        last_position := (select coalesce(max(b.last_position), 0) from fax.append_batch b);
        latest := array(
            select i.epoch_id from unnest(latest) i (epoch_id)
            where exists (select from fax.later_lives l where l.epoch_id = i.epoch_id));
        ended := array(
            select s.session_id
            from fax.session s
            where s.epoch_id = any (latest) and s.is_open and s.is_fax and s.session_number is not null
            order by s.started_at, s.session_id);
        update fax.epoch e
        set known_after = last_position,
            ended_sessions = ended,
            ended_before = (select coalesce(sum(cardinality(o.ended_sessions)), 0) from fax.epoch o
                            where o.known_after = last_position and o.ended_sessions <> '{}')
        where e.epoch_id = found_id;
        if ended <> '{}' then
            perform pg_notify('faxstore', '');
        end if;
    end if;
    return found_id;
end
$$;
