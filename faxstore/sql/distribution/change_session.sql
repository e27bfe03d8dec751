-- Stores a new version of a row of fax.session, and follows and records the change: what the triggers of that table do
-- where sessions are on one node.
-- example: select fax.change_session(before, after);
create or replace function fax.change_session(before fax.session, after fax.session) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if before is not distinct from after then
        return;
    end if;
    perform fax.store_session(
        before.session_id, after.is_open, after.operation, after.channel, after.uniqueid, after.technology);
    if (before.operation, before.channel, before.uniqueid, before.technology)
       is distinct from (after.operation, after.channel, after.uniqueid, after.technology) then
        perform fax.forget_totals(array[before.session_id]);
        perform fax.record_session(array[after]);
    end if;
    if before.operation is distinct from after.operation then
        perform fax.forget_reconciliation(array[before.server], array[before.started_at], interval '1 day');
    end if;
end
$$;
