-- Requests or renews the lease on a server for some seconds (at most 60; 0 releases it), and returns its holder.
-- The caller gets the lease unless another ingestor's lease has not expired. All times are the database's. A lease
-- renewed in the future (the database's clock was set back) is void.
-- left_by is the previous holder if the lease changes hands; silent_since is its last renewal, NULL if it released.
-- example: select * from fax.hold_lease('pbx1', 'host-a/5f3c9a1b', 6);
create function fax.hold_lease(
    of_server text, asking text, seconds double precision,
    out holds boolean, out held_by text, out seconds_left double precision, out left_by text, out silent_since timestamptz
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '1500ms'
as $$
declare
    held fax.lease;
    moment timestamptz := clock_timestamp();
begin
    -- No lease waits for a standby database: a lost lease is requested again.
    perform set_config('synchronous_commit', 'off', true);
    -- A standby only reads.
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
