-- The different names among the files of a fax, sorted; NULL if there is none.
-- example: select fax.file_set(array['/fax/2.tif', '/fax/1.tif', '/fax/2.tif']);
create function fax.file_set(files text[]) returns text[]
language sql immutable parallel safe
as $$
    select array_agg(distinct n.name collate "C" order by n.name collate "C") from unnest(files) n (name) where n.name <> ''
$$;
