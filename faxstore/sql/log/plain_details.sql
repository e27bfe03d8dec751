-- The details of a row without personal values. Of ChanVariable, the plain variables remain.
-- example: select fax.plain_details('{"Status": "OK", "CallerIDNum": "5550100"}');
create function fax.plain_details(details jsonb) returns jsonb
language sql immutable parallel safe
as $$
    select details - array(select jsonb_object_keys(p.personal)) || case
        when not p.personal ? 'ChanVariable' or v.plain = '[]' then '{}'
        else jsonb_build_object('ChanVariable', case jsonb_typeof(details -> 'ChanVariable') when 'array' then v.plain else v.plain -> 0 end)
    end
    from (select fax.personal_details(details) as personal) p
    cross join lateral (
        select coalesce(jsonb_agg(i.value order by i.place), '[]') as plain
        from jsonb_path_query(details, '$.ChanVariable[*] ? (@.type() == "string")') with ordinality i (value, place)
        where split_part(i.value #>> '{}', '=', 1) = any (fax.plain_variables()) and i.value #>> '{}' like '%=%'
    ) v
    where jsonb_typeof(details) = 'object'
    union all
    select details where jsonb_typeof(details) <> 'object'
$$;
