-- Removes the personal values of reported faxes that started between two moments, the second one excluded: of all that
-- have some, or of those in which a number appears, given as its digits. No figure changes: jobs are found by the number
-- of the other system. Returns the number of faxes. fax.erase_number() and faxstore retention call it.
-- example: select fax.empty_reported('2025-10-01', '2025-11-01');
create function fax.empty_reported(from_moment timestamptz, to_moment timestamptz, digits text default null) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    emptied bigint;
begin
    update fax.reported_fax r
    set caller_number = null, called_number = null, local_station_id = null, remote_station_id = null, raw = null
    where r.started_at >= from_moment and r.started_at < to_moment and r.raw is not null
      and (digits is null
           or fax.contains_number(r.caller_number, digits) or fax.contains_number(r.called_number, digits)
           or fax.contains_number(r.local_station_id, digits) or fax.contains_number(r.remote_station_id, digits)
           or fax.contains_number(r.raw, digits));
    get diagnostics emptied = row_count;
    return emptied;
end
$$;
