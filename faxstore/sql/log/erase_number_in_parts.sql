-- Erases a number, given as its digits, in what imports of recordings continue with. Returns the number of rows by
-- table, those that were deleted apart. fax.erase_number() calls it.
-- Deleted is what would not find its session any more: an event that waits for it on a channel with the number, and the
-- state that another version of faxstore stored.
-- example: select * from fax.erase_number_in_parts('4915199999992');
create function fax.erase_number_in_parts(digits text) returns table (place text, erased bigint)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    changed bigint;
    deleted bigint;
begin
    with concerned as (
        select w.ctid as row, w.body, fax.bytes_as_json(w.body) as record,
               fax.json_without_number(fax.bytes_as_json(w.body), digits) as left_of
        from fax.waiting_record w
        where fax.contains_number(fax.bytes_as_text(w.body), digits)
    ),
    -- element 6 of an Observation, and 4 of a Hangup, is the channel
    judged as (
        select c.*, c.left_of is not null and c.left_of -> 6 is not distinct from c.record -> 6
                    and c.left_of -> 4 is not distinct from c.record -> 4 as finds_session
        from concerned c
    ),
    removed as (
        delete from fax.waiting_record w using judged j where w.ctid = j.row and not j.finds_session returning 1
    ),
    altered as (
        update fax.waiting_record w
        set body = convert_to(j.left_of::text, 'UTF8')
        from judged j
        where w.ctid = j.row and j.finds_session
        returning 1
    )
    select (select count(*) from altered), (select count(*) from removed) into changed, deleted;
    return query values ('fax.waiting_record', changed), ('fax.waiting_record (deleted)', deleted);

    delete from fax.recording_part p
    where fax.bytes_as_json(p.reader_state) is null and fax.contains_number(fax.bytes_as_text(p.reader_state), digits);
    get diagnostics deleted = row_count;
    update fax.recording_part p
    set reader_state = convert_to(fax.json_without_number(fax.bytes_as_json(p.reader_state), digits)::text, 'UTF8'),
        first_list = convert_to(fax.json_without_number(fax.bytes_as_json(p.first_list), digits)::text, 'UTF8')
    where fax.contains_number(fax.bytes_as_text(p.reader_state), digits)
       or fax.contains_number(fax.bytes_as_text(p.first_list), digits);
    get diagnostics changed = row_count;
    return query values ('fax.recording_part', changed), ('fax.recording_part (deleted)', deleted);
end
$$;
