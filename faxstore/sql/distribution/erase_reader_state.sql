-- As in faxstore/sql/log/erase_reader_state.sql. Parts are on the coordinator, so the channel is read first.
create or replace function fax.erase_reader_state(of_session uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    its_server text;
    its_channel text;
    written text;
begin
    select s.server, s.channel into its_server, its_channel from fax.session s where s.session_id = of_session;
    written := substr(to_jsonb(its_channel)::text, 2, length(to_jsonb(its_channel)::text) - 2);
    delete from fax.recording_part p
    where p.server = its_server and position(written in fax.bytes_as_text(p.reader_state)) > 0
      and fax.bytes_as_json(p.reader_state) is null;
    update fax.recording_part p
    set reader_state = convert_to(fax.json_without_channel(fax.bytes_as_json(p.reader_state), its_channel)::text, 'UTF8')
    where p.server = its_server and position(written in fax.bytes_as_text(p.reader_state)) > 0;
end
$$;
