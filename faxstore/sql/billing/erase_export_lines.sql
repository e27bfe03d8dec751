-- Erases the personal values of a fax from all its lines and returns their number. Figures and digests remain, so what
-- was exported can still be proved, except for these values.
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
