-- The values of the primary key of a row, separated by spaces, as in fax.log_record.row_key.
-- example: select fax.row_key('{"consumer": "default", "batch": 7}', '{consumer,batch}');
create function fax.row_key(content jsonb, key_columns text[]) returns text
language sql immutable parallel safe
as $$
    select string_agg(content ->> k.name, ' ' order by k.place) from unnest(key_columns) with ordinality k (name, place)
$$;
