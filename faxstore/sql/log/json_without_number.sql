-- JSON of the same shape without a number: (erased) replaces it in each text and in each name.
-- example: select fax.json_without_number('{"Reason": "no 5550177"}', '5550177');
create function fax.json_without_number(document jsonb, digits text) returns jsonb
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case jsonb_typeof(document)
        when 'string' then to_jsonb(fax.text_without_number(document #>> '{}', digits))
        when 'array' then (select coalesce(jsonb_agg(fax.json_without_number(e.value, digits) order by e.place), '[]')
                           from jsonb_array_elements(document) with ordinality e (value, place))
        when 'object' then (select coalesce(jsonb_object_agg(fax.text_without_number(e.key, digits),
                                                             fax.json_without_number(e.value, digits)), '{}')
                            from jsonb_each(document) e)
        else document
    end;
end
$$;
