-- The columns in which two lines of a fax differ. Only these columns cause a correction. Evidence is not among them,
-- because it can change with every row. Erased values are not compared.
-- example: select fax.export_changes(a, b) from fax.export_line a join fax.export_line b using (session_id, consumer) where (a.revision, b.revision) = (1, 2);
create function fax.export_changes(old fax.export_line, new fax.export_line) returns text[]
language sql immutable parallel safe
as $$
    select array_remove(array[
        case when old.direction is distinct from new.direction then 'direction' end,
        case when old.account_code is distinct from new.account_code then 'account_code' end,
        case when old.erased_at is null and old.caller_number is distinct from new.caller_number then 'caller_number' end,
        case when old.erased_at is null and old.called_number is distinct from new.called_number then 'called_number' end,
        case when old.erased_at is null and old.local_station_id is distinct from new.local_station_id then 'local_station_id' end,
        case when old.erased_at is null and old.remote_station_id is distinct from new.remote_station_id then 'remote_station_id' end,
        case when old.uniqueid is distinct from new.uniqueid then 'uniqueid' end,
        case when old.linkedid is distinct from new.linkedid then 'linkedid' end,
        case when old.ended_at is distinct from new.ended_at then 'ended_at' end,
        case when old.end_observed_by is distinct from new.end_observed_by then 'end_observed_by' end,
        case when old.duration_seconds is distinct from new.duration_seconds then 'duration_seconds' end,
        case when old.pages is distinct from new.pages then 'pages' end,
        case when old.bad_lines is distinct from new.bad_lines then 'bad_lines' end,
        case when old.transport is distinct from new.transport then 'transport' end,
        case when old.last_data_rate is distinct from new.last_data_rate then 'last_data_rate' end,
        case when old.result is distinct from new.result then 'result' end,
        case when old.result_class is distinct from new.result_class then 'result_class' end], null)
$$;
