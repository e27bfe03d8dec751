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
