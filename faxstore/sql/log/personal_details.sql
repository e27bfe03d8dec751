-- The headers of a row's details that may be personal: all that are not plain. ChanVariable is always among them.
-- example: select fax.personal_details('{"Status": "OK", "CallerIDNum": "5550100"}');
create function fax.personal_details(details jsonb) returns jsonb
language sql immutable parallel safe
as $$
    select case
        when jsonb_typeof(details) <> 'object' then '{}'
        when details ->> 'Variable' = any (fax.plain_variables()) then details - fax.plain_headers() - 'Value'
        else details - fax.plain_headers()
    end
$$;
