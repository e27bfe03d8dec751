-- Erases the personal values of sessions from the history, fax.session, the billing ledger and the state of pending
-- imports, all or none. No figure changes (fax.keep_keys), and every proof remains valid. Rows appended later contain
-- their values until the session is erased again. The reason must not contain a number of the session. Returns the
-- number of rows erased. Appends of rows of past days wait until all are erased: faxstore erase erases one by one.
-- Refuses sessions whose rows are in files only. If the rows of the month are in a file too, the file is outdated.
-- example: select fax.erase_sessions(array['…', '…']::uuid[], 'request of 2026-11-25');
create function fax.erase_sessions(of_sessions uuid[], because text) returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform fax.check_reason(of_sessions, because);
    perform fax.lock_log();
    perform fax.lock_packing();
    perform fax.outdate_files(of_sessions);
    perform fax.keep_keys(of_sessions);
    return (select sum(fax.erase_values(o.session_id, because)) from (select distinct unnest(of_sessions) as session_id) o);
end
$$;
