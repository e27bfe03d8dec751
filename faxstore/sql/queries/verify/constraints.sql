-- Constraints of the tables of the schema fax, with the internal triggers that enforce them. NOT NULL is a property of
-- the column: PostgreSQL stores it as a constraint only since version 18.
select
    format('constraint %I on %s', k.conname, k.conrelid::regclass) as object,
    jsonb_build_object(
        'relation', k.conrelid::regclass::text,
        'definition', pg_get_constraintdef(k.oid),
        'valid', k.convalidated,
        'enforcement', (select jsonb_agg(e.enforcer order by e.enforcer)
                        from (select format('%s on %s%s', t.tgfoid::regproc, t.tgrelid::regclass,
                                     case when t.tgenabled <> 'O' then ' is not enabled' end) as enforcer
                              from pg_trigger t where t.tgconstraint = k.oid and t.tgisinternal) e)
    ) as properties
from pg_constraint k
join pg_class c on c.oid = k.conrelid
where c.relnamespace = 'fax'::regnamespace and k.contype not in ('n', 't')
