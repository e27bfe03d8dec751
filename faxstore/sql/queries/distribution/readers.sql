-- Functions in SQL that read tables or take a row of one, each as a function in plpgsql. Citus neither runs a function in
-- SQL with parameters over distributed tables, nor distributes a table that one with a parsed body reads.
-- fax.make_partitions_ahead() is left out, because it has two statements and only calls functions.
select format(
    E'%s as $body$\n#variable_conflict use_column\nbegin\n    return %s;\nend\n$body$',
    replace(f.head, E'\n LANGUAGE sql\n', E'\n LANGUAGE plpgsql\n'),
    case when f.proretset then format('query %s', f.body) else format('(%s)', f.body) end) as statement
from (
    select
        p.oid, p.proname, p.proretset,
        (regexp_match(pg_get_functiondef(p.oid), '^(.*?\n)(?:AS \$function\$|BEGIN ATOMIC)'))[1] as head,
        rtrim(regexp_replace(coalesce(pg_get_function_sqlbody(p.oid), p.prosrc), '^BEGIN ATOMIC|END$', '', 'g'), E' \n;') as body
    from pg_proc p
    join pg_language l on l.oid = p.prolang
    where p.pronamespace = 'fax'::regnamespace and l.lanname = 'sql'
) f
where (f.body ~* '(from|join) \(*fax\.\w+' and f.proname not in ('make_partitions_ahead', 'jobs_of'))
   or f.proname = 'usage_of'
order by f.oid
