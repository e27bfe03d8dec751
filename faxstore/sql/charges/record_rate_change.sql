-- Trigger of fax.rate: records a new end and a removal in fax.rate_change, with the rights of the owner, so that nobody
-- else needs the right to add rows there.
create function fax.record_rate_change() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'DELETE' then
        insert into fax.rate_change (rate_id, change, rate) values (old.rate_id, 'removal', to_jsonb(old));
    elsif new.valid_to is distinct from old.valid_to then
        insert into fax.rate_change (rate_id, change, rate, valid_to) values (old.rate_id, 'end', to_jsonb(old), new.valid_to);
    end if;
    return null;
end
$$;

create trigger record_rate_change after update or delete on fax.rate for each row execute function fax.record_rate_change();
