-- Trigger of every append-only table: whoever asks, nothing that was appended is changed.
create function fax.refuse_change() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception 'fax.% is append-only: % is refused', tg_table_name, lower(tg_op)
        using errcode = 'insufficient_privilege';
end
$$;

comment on function fax.refuse_change() is 'Trigger: refuses UPDATE, DELETE and TRUNCATE of an append-only table.';
