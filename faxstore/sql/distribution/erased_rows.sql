-- The rows of a pack as an erasure leaves them.
-- example: select fax.erased_rows(p.rows) from fax.session_pack p where session_id = '…';
create or replace function fax.erased_rows(packed fax.observation[]) returns fax.observation[]
language sql immutable parallel safe
as $$
    select array_agg(fax.without_personal_values(r) order by r.details is null, r.position) from unnest(packed) r
$$;
