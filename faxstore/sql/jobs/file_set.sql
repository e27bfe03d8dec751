-- The different names among the files of a fax, sorted; NULL if there is none. Most faxes have one file, which needs no
-- sort.
-- example: select fax.file_set(array['/fax/2.tif', '/fax/1.tif', '/fax/2.tif']);
create function fax.file_set(files text[]) returns text[]
language sql immutable parallel safe
as $$
    select case
        when cardinality(files) = 1 then nullif(array_remove(array_remove(files, ''), null), '{}')
        when files is not null then fax.sorted_names(files)
    end
$$;
