-- Trigger of fax.session, for each row: a new session has no total yet, and a changed one loses its total.
create function fax.follow_session() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'INSERT' then
        insert into fax.session_untotalled (session_id, started_at, server)
        values (new.session_id, new.started_at, new.server);
    else
        perform fax.forget_totals(array[new.session_id]);
    end if;
    return null;
end
$$;

create trigger follow_new_session after insert on fax.session for each row execute function fax.follow_session();
-- is_open is not part of a total.
create trigger follow_changed_session
    after update of epoch_id, session_number, server, is_fax, operation, channel, uniqueid, technology on fax.session
    for each row
    when ((old.epoch_id, old.session_number, old.server, old.is_fax, old.operation, old.channel, old.uniqueid, old.technology)
          is distinct from
          (new.epoch_id, new.session_number, new.server, new.is_fax, new.operation, new.channel, new.uniqueid, new.technology))
    execute function fax.follow_session();
alter table fax.session enable always trigger follow_new_session;
alter table fax.session enable always trigger follow_changed_session;
