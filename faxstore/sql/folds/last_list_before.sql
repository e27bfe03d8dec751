-- The last recorded complete list of a server at least 15 s before a moment, if polls succeeded from then to the moment.
-- A fax that ended then and was never listed started after that list: a completion event can follow the end by more than
-- 5 s (res_fax.c, disable_t38). NULL if there is no such list.
-- example: select fax.last_list_before('pbx1', '2026-11-02 08:10+00');
create function fax.last_list_before(of_server text, moment timestamptz) returns timestamptz
language sql stable parallel safe
set plan_cache_mode = force_generic_plan  -- else each call is planned
begin atomic
    select p.polled_at
    from (
        -- lists are recorded once per minute, and without one for 150 s there is a gap
        select max(h.observed_at) as polled_at
        from fax.server_history h
        where h.server = of_server and h.event = 'Polled'
          and h.observed_at between moment - interval '5 minutes' and moment - interval '15 seconds'
    ) p
    where not coalesce(fax.has_gap(of_server, p.polled_at, moment), false);
end;
