-- The last time between two moments at which a server's counters restarted at 0: a start (FullyBooted, by its Uptime)
-- or a load of res_fax.so: one row, NULL if no event shows one.
-- example: select began_at from fax.restarted_at('pbx1', '2026-11-23 14:00+00', '2026-11-23 15:00+00');
create function fax.restarted_at(of_server text, from_moment timestamptz, to_moment timestamptz)
returns table (began_at timestamptz)
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- else each call is planned
as $$
#variable_conflict use_column
begin
    return query
    select max(b.began_at)
    from fax.server_history h
    cross join lateral (
        select case h.event when 'Load' then h.observed_at
                            else h.observed_at - fax.counter(h.details, 'Uptime') * interval '1 second' end as began_at
    ) b
    where h.server = of_server and h.observed_at > from_moment and h.observed_at <= to_moment
      and (h.event = 'FullyBooted' or (h.event = 'Load' and h.details ->> 'Module' ilike 'res_fax%'
                                       and coalesce(h.details ->> 'Status', 'Success') ilike 'success'))
      and b.began_at > from_moment;
end
$$;
