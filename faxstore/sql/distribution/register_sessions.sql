-- As in faxstore/sql/history/register_sessions.sql, and without triggers: follows new and changed sessions
-- (fax.follow_session) and records the changes.
create or replace function fax.register_sessions(sessions fax.appended_session[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    of_batch uuid[] := array(select n.session_id from unnest(sessions) n);
    known fax.session[] := fax.sessions_of(of_batch);
    fresh uuid[] := array(
        select n.session_id from unnest(of_batch) n (session_id)
        where n.session_id <> all (array(select k.session_id from unnest(known) k)));
    pair record;
    added fax.appended_session;
    before fax.session;
    after fax.session;
begin
    insert into fax.session (
        session_id, started_at, session_number, epoch_id, is_open, is_fax, server, operation, channel, uniqueid,
        technology)
    select n.session_id, n.started_at, n.session_number, n.epoch_id, n.is_open, n.is_fax, e.server, n.operation,
           n.channel, n.uniqueid, n.technology
    from unnest(sessions) n
    join fax.epoch e on e.epoch_id = n.epoch_id
    where n.session_id = any (fresh);
    insert into fax.session_untotalled (session_id, started_at, server)
    select n.session_id, n.started_at, e.server
    from unnest(sessions) n
    join fax.epoch e on e.epoch_id = n.epoch_id
    where n.session_id = any (fresh);
    perform fax.record_session(fresh);
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
