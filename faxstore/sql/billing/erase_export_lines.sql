-- Takes the personal values of a fax out of every line that was handed out of it; says of how many. All figures stay, and
-- so do the digests: what was handed out can still be proven, these values apart.
-- example: select fax.erase_export_lines('…');
create function fax.erase_export_lines(of_session uuid) returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    erased bigint;
begin
    update fax.export_line l
    set caller_number = null, called_number = null, local_station_id = null, remote_station_id = null,
        salt = null, erased_at = clock_timestamp()
    where l.session_id = of_session and l.erased_at is null;
    get diagnostics erased = row_count;
    return erased;
end
$$;

comment on function fax.erase_export_lines(uuid) is 'Erases the personal values of a fax from the billing ledger; returns of how many lines.';
