-- The different names of an array, sorted by their bytes, without blank ones; NULL if there is none.
-- example: select fax.sorted_names(array['/fax/2.tif', '/fax/1.tif', '/fax/2.tif']);
create function fax.sorted_names(names text[]) returns text[]
language sql immutable parallel safe
as $$
    select array_agg(distinct n.name collate "C" order by n.name collate "C") from unnest(names) n (name) where n.name <> ''
$$;
