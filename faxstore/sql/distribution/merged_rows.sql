-- The rows of a pack and those that are added to it, in the order of a pack.
-- example: select fax.merged_rows(p.rows, '{}') from fax.session_pack p where session_id = '…';
create or replace function fax.merged_rows(packed fax.observation[], added fax.observation[]) returns fax.observation[]
language sql immutable parallel safe
as $$
    select array_agg(r order by r.details is null, r.position) from unnest(packed || added) r
$$;
