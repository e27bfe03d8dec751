-- Trigger of fax.session, for each row: a new session has no total yet, and a changed one loses its total, and the
-- comparisons of its server's counters that count it.
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
        if (old.server, old.session_number, old.is_fax, old.operation)
           is distinct from (new.server, new.session_number, new.is_fax, new.operation) then
            perform fax.forget_reconciliation(array[new.server], array[new.started_at], interval '1 day');
        end if;
    end if;
    return null;
end
$$;

create trigger follow_new_session after insert on fax.session for each row execute function fax.follow_session();
-- is_open is not part of a total.
create trigger follow_changed_session
    after update of epoch_id, session_number, server, is_fax, operation, channel, uniqueid, technology on fax.session
    for each row
    -- each by itself: of two rows compared at once, a restored dump has another definition
    when (
        old.epoch_id is distinct from new.epoch_id or old.session_number is distinct from new.session_number
        or old.server is distinct from new.server or old.is_fax is distinct from new.is_fax
        or old.operation is distinct from new.operation or old.channel is distinct from new.channel
        or old.uniqueid is distinct from new.uniqueid or old.technology is distinct from new.technology
    )
    execute function fax.follow_session();
alter table fax.session enable always trigger follow_new_session;
alter table fax.session enable always trigger follow_changed_session;
