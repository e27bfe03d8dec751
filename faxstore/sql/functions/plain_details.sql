-- The details of a row without their personal values. Of ChanVariable the plain variables stay.
-- example: select fax.plain_details('{"Status": "OK", "CallerIDNum": "5550100"}');
create function fax.plain_details(details jsonb) returns jsonb
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    personal jsonb;
    variables jsonb;
begin
    if jsonb_typeof(details) is distinct from 'object' then
        return details;
    end if;
    personal := details - fax.plain_headers(details ->> 'Variable');
    if personal = '{}' then
        return details;
    end if;
    if personal ? 'ChanVariable' then
        variables := jsonb_path_query_array(details, '$.ChanVariable[*] ? (@ like_regex
            "^(FAXBITRATE|FAXERROR|FAXMODE|FAXPAGES|FAXRESOLUTION|FAXSTATUS|FAXSTATUSSTRING)=")');
    end if;
    details := details - array(select jsonb_object_keys(personal));
    if variables <> '[]' then
        details := details || jsonb_build_object(
            'ChanVariable', case jsonb_typeof(personal -> 'ChanVariable') when 'array' then variables else variables -> 0 end);
    end if;
    return details;
end
$$;

comment on function fax.plain_details(jsonb) is 'The details of a row without their personal values.';
