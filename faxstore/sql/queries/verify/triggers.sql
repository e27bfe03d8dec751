-- Triggers of the tables of the schema fax, except those that belong to constraints.
select
    format('trigger %I on %s', t.tgname, t.tgrelid::regclass) as object,
    jsonb_build_object(
        'relation', t.tgrelid::regclass::text,
        'definition', pg_get_triggerdef(t.oid),
        'state', case t.tgenabled when 'O' then 'enabled' when 'A' then 'enabled always' when 'R' then 'enabled replica' else 'disabled' end
    ) as properties
from pg_trigger t
join pg_class c on c.oid = t.tgrelid
where c.relnamespace = 'fax'::regnamespace and not t.tgisinternal
