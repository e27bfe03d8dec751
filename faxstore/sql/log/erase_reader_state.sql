-- Erases what the imported parts of recordings remember of a session: its channel, file name and headers, if it was live
-- where a part ends. The next piece continues without them. A part of another version of faxstore is deleted.
-- fax.erase_values() calls it while fax.session still has the channel.
-- example: select fax.erase_reader_state('…');
create function fax.erase_reader_state(of_session uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    with concerned as (
        select p.part_id, fax.bytes_as_json(p.reader_state) as state, s.channel
        from fax.session s
        join fax.recording_part p on p.server = s.server
        where s.session_id = of_session
          and position(substr(to_jsonb(s.channel)::text, 2, length(to_jsonb(s.channel)::text) - 2)
                       in fax.bytes_as_text(p.reader_state)) > 0
    ),
    deleted as (
        delete from fax.recording_part p using concerned c where p.part_id = c.part_id and c.state is null
    )
    update fax.recording_part p
    set reader_state = convert_to(fax.json_without_channel(c.state, c.channel)::text, 'UTF8')
    from concerned c
    where p.part_id = c.part_id and c.state is not null;
end
$$;
