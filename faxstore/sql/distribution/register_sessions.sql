-- As in faxstore/sql/history/register_sessions.sql, and without triggers: follows new and changed sessions
-- (fax.follow_session) and records the changes.
create or replace function fax.register_sessions(sessions fax.appended_session[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    of_batch uuid[] := array(select n.session_id from unnest(sessions) n);
    known fax.session[] := fax.sessions_of(of_batch);
    fresh fax.session[] := array(
        select row(n.session_id, n.started_at, n.session_number, n.epoch_id, n.is_open, n.is_fax, e.server, n.operation,
                   n.channel, n.uniqueid, n.technology)::fax.session
        from unnest(sessions) n
        join fax.epoch e on e.epoch_id = n.epoch_id
        where n.session_id <> all (array(select k.session_id from unnest(known) k)));
    pair record;
    added fax.appended_session;
    before fax.session;
    after fax.session;
begin
    if cardinality(fresh) > 0 then
        insert into fax.session select n.* from unnest(fresh) n;
        insert into fax.session_untotalled (session_id, started_at, server)
        select n.session_id, n.started_at, n.server from unnest(fresh) n;
        perform fax.record_session(fresh);
    end if;
    for pair in
        select k as known, n as added from unnest(sessions) n join unnest(known) k on k.session_id = n.session_id
    loop
        before := pair.known;
        added := pair.added;
        after := before;
        after.is_open := before.is_open and added.is_open;
        after.operation := coalesce(before.operation, added.operation);
        -- an erased name does not come back with a recording that is imported again
        after.channel := coalesce(before.channel, case when not exists (
            select from fax.erasure e where e.session_id = before.session_id) then added.channel end);
        after.uniqueid := coalesce(before.uniqueid, added.uniqueid);
        after.technology := coalesce(before.technology, added.technology);
        perform fax.change_session(before, after);
    end loop;
end
$$;
