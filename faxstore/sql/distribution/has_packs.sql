-- False: fax.insert_rows() looks for repeats among rows and packs.
create or replace function fax.has_packs(rows fax.appended_row[]) returns boolean
language sql immutable
as $$
    select false
$$;
