-- Erases a number, given as its digits, in what imports of recordings continue with. Returns the number of rows by
-- table. A part of a recording whose state is of another version of faxstore is deleted. fax.erase_number() calls it.
-- example: select * from fax.erase_number_in_parts('4915199999992');
create function fax.erase_number_in_parts(digits text) returns table (place text, erased bigint)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    place := 'fax.waiting_record';
    with concerned as (
        select w.ctid as row, w.body, fax.json_without_number(fax.bytes_as_json(w.body), digits) as left_of
        from fax.waiting_record w
        where fax.contains_number(fax.bytes_as_text(w.body), digits)
    ),
    -- element 6 of an Observation, and 4 of a Hangup, is the channel, by which it finds its session
    deleted as (
        delete from fax.waiting_record w using concerned c
        where w.ctid = c.row
          and (c.left_of is null or c.left_of -> 6 is distinct from fax.bytes_as_json(c.body) -> 6
               or c.left_of -> 4 is distinct from fax.bytes_as_json(c.body) -> 4)
        returning 1
    ),
    changed as (
        update fax.waiting_record w
        set body = convert_to(c.left_of::text, 'UTF8')
        from concerned c
        where w.ctid = c.row and c.left_of -> 6 is not distinct from fax.bytes_as_json(c.body) -> 6
          and c.left_of -> 4 is not distinct from fax.bytes_as_json(c.body) -> 4
        returning 1
    )
    select (select count(*) from deleted) + (select count(*) from changed) into erased;
    return next;

    place := 'fax.recording_part';
    delete from fax.recording_part p
    where fax.bytes_as_json(p.reader_state) is null and fax.contains_number(fax.bytes_as_text(p.reader_state), digits);
    get diagnostics erased = row_count;
    with changed as (
        update fax.recording_part p
        set reader_state = convert_to(fax.json_without_number(fax.bytes_as_json(p.reader_state), digits)::text, 'UTF8'),
            first_list = convert_to(fax.json_without_number(fax.bytes_as_json(p.first_list), digits)::text, 'UTF8')
        where fax.contains_number(fax.bytes_as_text(p.reader_state), digits)
           or fax.contains_number(fax.bytes_as_text(p.first_list), digits)
        returning 1
    )
    select erased + (select count(*) from changed) into erased;
    return next;
end
$$;
