-- The version of Citus, and the number of nodes for rows of sessions: those that are active and may have shards. Fails
-- with undefined_table if the extension is not installed.
select
    (regexp_match((select extversion from pg_extension where extname = 'citus'), '^\d+'))[1]::integer as major,
    (select groupid from pg_dist_local_group) as local_group,
    count(*) filter (where n.groupid = 0) as coordinators,
    count(*) filter (where n.shouldhaveshards) as nodes
from pg_dist_node n
where n.isactive
