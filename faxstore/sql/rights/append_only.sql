-- The tables of which no row is ever changed.
select fax.protect(name)
from unnest(array['session_history', 'session_history_default', 'append_batch', 'server_history', 'rejected_message']) as name;

-- The log, and what was erased. The history and rejected messages have a trigger that lets an erasure through.
select fax.protect(name)
from unnest(array['checkpoint', 'log_subtree', 'log_run', 'erased_digest', 'erasure']) as name;
create trigger only_erased before update on fax.session_history for each row execute function fax.only_erased();
alter table fax.session_history enable always trigger only_erased;
create trigger only_erased before update on fax.rejected_message for each row execute function fax.only_emptied();
alter table fax.rejected_message enable always trigger only_erased;
-- The billing ledger. Of a line the personal values can be erased, and nothing else done to it.
select fax.protect(name) from unnest(array['export_batch', 'export_delivery']) as name;
create trigger append_only before delete or truncate on fax.export_line for each statement execute function fax.refuse_change();
create trigger append_only_but_erase before update on fax.export_line for each row execute function fax.refuse_export_line_change();
alter table fax.export_line enable always trigger append_only;
alter table fax.export_line enable always trigger append_only_but_erase;
alter table fax.export_line enable always trigger seal;
