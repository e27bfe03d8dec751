-- Functions of the schema fax. The costs that the planner assumes are not compared: an administrator may tune them.
select
    format('function %s', p.oid::regprocedure) as object,
    jsonb_build_object(
        'owner', p.proowner::regrole::text,
        'kind', case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' when 'w' then 'window' end,
        'language', l.lanname,
        'arguments', pg_get_function_arguments(p.oid),
        'returns', pg_get_function_result(p.oid),
        'security_definer', p.prosecdef,
        'leakproof', p.proleakproof,
        'strict', p.proisstrict,
        'volatility', case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
        'parallel', case p.proparallel when 's' then 'safe' when 'r' then 'restricted' else 'unsafe' end,
        'settings', (select jsonb_agg(s order by s) from unnest(p.proconfig) s),
        'support', nullif(p.prosupport::regproc::text, '-'),
        'library', p.probin,
        'body', coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)
    ) as properties
from pg_proc p
join pg_language l on l.oid = p.prolang
where p.pronamespace = 'fax'::regnamespace
