-- Triggers that make tables append-only.
select fax.make_append_only(name)
from unnest(array['session_history', 'session_history_default', 'append_batch', 'server_history', 'rejected_message']) as name;

-- The log and the erasures. Another trigger of a table that may contain personal values admits erasures.
select fax.make_append_only(name)
from unnest(array['checkpoint', 'log_subtree', 'log_run', 'erased_digest', 'erasure']) as name;
create trigger check_erasure before update on fax.session_history for each row execute function fax.check_erasure();
alter table fax.session_history enable always trigger check_erasure;
create trigger check_erasure before update on fax.rejected_message for each row execute function fax.check_rejected_erasure();
alter table fax.rejected_message enable always trigger check_erasure;
create trigger check_erasure before update on fax.server_history for each row execute function fax.check_server_erasure();
alter table fax.server_history enable always trigger check_erasure;
create trigger check_erasure before update on fax.erasure for each row execute function fax.check_reason_erasure();
alter table fax.erasure enable always trigger check_erasure;
-- What happened to rates.
select fax.make_append_only('rate_change');
-- The billing ledger. Of a line, only the personal values can be erased.
select fax.make_append_only(name) from unnest(array['export_batch', 'export_delivery']) as name;
create trigger append_only before delete or truncate on fax.export_line for each statement execute function fax.refuse_change();
create trigger append_only_but_erase before update on fax.export_line for each row execute function fax.refuse_export_line_change();
alter table fax.export_line enable always trigger append_only;
alter table fax.export_line enable always trigger append_only_but_erase;
alter table fax.export_line enable always trigger seal;
