-- Trigger of tables beside the history, for each row: adds the change to fax.unsealed_change. Its arguments are the
-- columns of the primary key, and the columns that the log does not cover.
create function fax.record_change() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set bytea_output = 'hex'
as $$
declare
    key_columns text[] := tg_argv[0];
    left_out text[] := tg_argv[1];
    before jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
    after jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
    key_before text := case when before is not null then fax.row_key(before, key_columns) end;
    key_after text := case when after is not null then fax.row_key(after, key_columns) end;
begin
    if key_before is distinct from key_after and before is not null then
        insert into fax.unsealed_change (relation, row_key) values (tg_table_name, key_before);
    end if;
    if after is not null then
        insert into fax.unsealed_change (relation, row_key, content) values (tg_table_name, key_after, after - left_out);
    end if;
    return null;
end
$$;
