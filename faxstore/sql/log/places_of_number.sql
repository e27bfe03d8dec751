-- The columns and headers of a row of the history that contain a number, in any spelling (fax.contains_number), and
-- whether an erasure empties them. The number is given as its digits. All values are tested together first, because few
-- rows contain the number.
-- example: select * from fax.places_of_number('5550177', null, 'send', null, null, 'VarSet', '{"CallerIDNum": "5550177"}');
create function fax.places_of_number(
    digits text, file_name text, operation text, state text, session_type text, event text, details jsonb
) returns table (name text, is_erased boolean)
language sql immutable parallel safe
as $$
    select v.name, v.is_erased
    from (
        values ('file_name', file_name, true), ('operation', operation, false),
            ('state', state, false), ('session_type', session_type, false), ('event', event, false)
        union all
        select e.key, i.value #>> '{}', not exists (
            select from jsonb_path_query(fax.plain_details(details) -> e.key, '$[*]') p (value) where p.value = i.value)
        from jsonb_each(details) e
        cross join lateral jsonb_path_query(e.value, '$[*]') i (value)
        union all
        select 'the name of a header', e.key, true from jsonb_each(details) e
    ) v (name, value, is_erased)
    where fax.contains_number(concat_ws('|', file_name, operation, state, session_type, event, details::text), digits)
      and fax.contains_number(v.value, digits)
$$;
