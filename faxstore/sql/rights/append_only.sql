-- Triggers that make tables append-only.
select fax.make_append_only(name)
from unnest(array['observation', 'observation_past', 'observation_default', 'session_pack', 'session_pack_default', 'collector', 'append_batch', 'server_history', 'rejected_message']) as name;

-- The log and the erasures. Another trigger of a table that may contain personal values admits erasures.
select fax.make_append_only(name)
from unnest(array['checkpoint', 'log_subtree', 'log_run', 'log_record', 'erased_digest', 'erasure']) as name;
create trigger check_erasure before update on fax.observation for each row execute function fax.check_erasure();
alter table fax.observation enable always trigger check_erasure;
-- Packing moves rows: out of the one table if the other has them, and a pack only gains rows.
create trigger check_packed after delete on fax.observation
    referencing old table as gone for each statement execute function fax.check_packed();
alter table fax.observation enable always trigger check_packed;
create trigger check_pack before update on fax.session_pack for each row execute function fax.check_pack();
alter table fax.session_pack enable always trigger check_pack;
-- Packs leave when files have their rows.
create trigger check_dropped after delete on fax.session_pack
    referencing old table as gone for each statement execute function fax.check_dropped();
alter table fax.session_pack enable always trigger check_dropped;
-- Digests of erased values leave with their session.
create trigger check_deleted after delete on fax.erased_digest
    referencing old table as gone for each statement execute function fax.check_deleted();
alter table fax.erased_digest enable always trigger check_deleted;
create trigger check_erasure before update on fax.rejected_message for each row execute function fax.check_rejected_erasure();
alter table fax.rejected_message enable always trigger check_erasure;
create trigger check_erasure before update on fax.server_history for each row execute function fax.check_server_erasure();
alter table fax.server_history enable always trigger check_erasure;
create trigger check_erasure before update on fax.erasure for each row execute function fax.check_reason_erasure();
alter table fax.erasure enable always trigger check_erasure;
-- What happened to rates.
select fax.make_append_only('rate_change');
-- What happened to months.
select fax.make_append_only('month_change');
-- The billing ledger. Of a line, only the personal values can be erased.
select fax.make_append_only(name) from unnest(array['export_batch', 'export_delivery']) as name;
create trigger append_only before delete or truncate on fax.export_line for each statement execute function fax.refuse_change();
create trigger append_only_but_erase before update on fax.export_line for each row execute function fax.refuse_export_line_change();
alter table fax.export_line enable always trigger append_only;
alter table fax.export_line enable always trigger append_only_but_erase;
alter table fax.export_line enable always trigger seal;

-- New evidence deletes stored coverage.
create trigger forget_coverage after insert on fax.server_history referencing new table as added
    for each statement execute function fax.forget_coverage_of_server();
alter table fax.server_history enable always trigger forget_coverage;
-- New readings and starts change reconciliation.
create trigger follow_readings after insert on fax.server_history referencing new table as added
    for each statement execute function fax.follow_readings();
alter table fax.server_history enable always trigger follow_readings;

-- What the log covers beside the history: runs of ordinals, and each change of a row (see faxstore/log/coverage.py).
create trigger order_rows before insert on fax.server_history for each statement execute function fax.order_rows();
create trigger order_rows before insert on fax.rejected_message for each statement execute function fax.order_rows();
alter table fax.server_history enable always trigger order_rows;
alter table fax.rejected_message enable always trigger order_rows;
select fax.make_recorded('epoch', '{epoch_id}', '{startup_text,last_seen_at}');
select fax.make_recorded(
    'session', '{session_id}', '{started_at,session_number,epoch_id,is_open,server,channel}', watched => '{channel}');
select fax.make_recorded('technology', '{technology}');
select fax.make_recorded('quality_class', '{quality}');
select fax.make_recorded('job_window', '{only_row}');
select fax.make_recorded('rate', '{rate_id}', '{note}');
select fax.make_recorded('rate_change', '{change_id}', '{rate}');
select fax.make_recorded('erasure', '{erasure_id}', '{reason}');
select fax.make_recorded('erased_key', '{session_id}');
select fax.make_recorded('export_batch', '{consumer,batch}');
select fax.make_recorded('export_delivery', '{consumer,batch}');
select fax.make_recorded('month_change', '{change_id}');
