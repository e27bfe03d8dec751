-- Erases a number, in any spelling, outside of sessions: rejected messages that contain it, and reported faxes, are
-- emptied of personal values; (erased) replaces
-- it in start-up texts of fax.epoch, in the headers of fax.server_history that no figure reads, in reasons of fax.erasure
-- and in what the import of the next piece of a recording continues with. Returns the number of rows by table. Sessions
-- are erased by fax.erase_sessions().
-- An event that waits for its session on a channel with the number is deleted, because it could not find it any more.
-- example: select * from fax.erase_number('+49 151 9999-9992', 'request of 2026-11-25');
create function fax.erase_number(number text, because text) returns table (place text, erased bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    digits constant text := fax.number_digits(number);
begin
    if digits is null then
        raise exception 'expected a number of 4 to 20 digits' using errcode = 'invalid_parameter_value';
    elsif fax.contains_number(because, digits) then
        raise exception 'the reason contains the number, and reasons are stored' using errcode = 'invalid_parameter_value';
    end if;
    insert into fax.erasure (reason, from_at, to_at, erased_rows)
    select because, '-infinity', 'infinity', coalesce(sum(f.containing), 0)
    from fax.find_number(digits) f
    where f.is_erased;

    place := 'fax.rejected_message';
    update fax.rejected_message r
    set raw = '', digest = uuid_send(gen_random_uuid())
    where fax.contains_number(fax.bytes_as_text(r.raw), digits);
    get diagnostics erased = row_count;
    return next;

    place := 'fax.server_history';
    update fax.server_history h
    set details = fax.json_without_number(h.details - fax.figure_headers(), digits)
        || coalesce((select jsonb_object_agg(e.key, e.value) from jsonb_each(h.details) e
                     where e.key = any (fax.figure_headers())), '{}')
    where fax.contains_number((h.details - fax.figure_headers())::text, digits);
    get diagnostics erased = row_count;
    return next;

    place := 'fax.epoch';
    update fax.epoch e
    set startup_text = fax.text_without_number(e.startup_text, digits)
    where fax.contains_number(e.startup_text, digits);
    get diagnostics erased = row_count;
    return next;

    place := 'fax.erasure';
    update fax.erasure e
    set reason = fax.text_without_number(e.reason, digits)
    where fax.contains_number(e.reason, digits);
    get diagnostics erased = row_count;
    return next;

    place := 'fax.pseudonym';
    update fax.pseudonym p set value = null where fax.contains_number(p.value, digits);
    get diagnostics erased = row_count;
    return next;

    place := 'fax.reported_fax';
    erased := fax.empty_reported('-infinity', 'infinity', digits);
    return next;

    return query select * from fax.erase_number_in_parts(digits);
end
$$;
