-- What a reader remembers (fax.recording_part.reader_state), with (erased) in place of a channel. Of a list entry or a
-- dialled call on the channel, which are arrays, the file name and all headers are removed too.
-- example: select fax.json_without_channel('[7, {"channel": "PJSIP/a-1"}, {"Files": "/a.tif"}]', 'PJSIP/a-1');
create function fax.json_without_channel(document jsonb, channel text) returns jsonb
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case jsonb_typeof(document)
        when 'string' then case when document #>> '{}' = channel then '"(erased)"' else document end
        when 'array' then (
            select coalesce(jsonb_agg(case
                when e.value ->> 'channel' = channel
                    then e.value - 'file_name' || jsonb_build_object('channel', '(erased)')
                when jsonb_typeof(e.value) = 'object'
                     and (document ? channel or document @> jsonb_build_array(jsonb_build_object('channel', channel)))
                    then '{}'
                else fax.json_without_channel(e.value, channel) end order by e.place), '[]')
            from jsonb_array_elements(document) with ordinality e (value, place))
        when 'object' then (
            select coalesce(jsonb_object_agg(case when e.key = channel then '(erased)' else e.key end,
                                             fax.json_without_channel(e.value, channel)), '{}')
            from jsonb_each(document) e)
        else document
    end;
end
$$;
