-- As in faxstore/sql/log/record_change.sql, without the number in the name of the table.
create or replace function fax.record_change() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set bytea_output = 'hex'
as $$
declare
    relation constant text := regexp_replace(tg_table_name, '_\d+$', '');
    key_columns text[] := tg_argv[0];
    left_out text[] := tg_argv[1];
    before jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
    after jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
    key_before text := case when before is not null then fax.row_key(before, key_columns) end;
    key_after text := case when after is not null then fax.row_key(after, key_columns) end;
begin
    if key_before is distinct from key_after and before is not null then
        insert into fax.unsealed_change (relation, row_key) values (relation, key_before);
    end if;
    if after is not null then
        insert into fax.unsealed_change (relation, row_key, content) values (relation, key_after, after - left_out);
    end if;
    return null;
end
$$;
