-- The plain part of each of some details, in their order. As in queries/log/rows.sql, it calls fax.plain_details() only if
-- the shortcut does not apply, which takes a third of the time.
select case
    when m.personal = '{}' then d.details
    when m.personal ? 'ChanVariable' then fax.plain_details(d.details)
    else d.details - array(select jsonb_object_keys(m.personal))
end::text
from jsonb_array_elements(%s::jsonb) with ordinality d (details, place)
cross join lateral (select fax.personal_details(d.details) as personal offset 0) m
order by d.place
