-- The roles of faxstore. Their passwords, connection limits and settings belong to the administrator, and so does a login
-- of the others than fax_owner.
select
    format('role %s', r.oid::regrole) as object,
    jsonb_build_object(
        'superuser', r.rolsuper,
        'create_role', r.rolcreaterole,
        'create_database', r.rolcreatedb,
        'replication', r.rolreplication,
        'bypass_row_security', r.rolbypassrls,
        'login', r.rolcanlogin and r.rolname = 'fax_owner',
        'membership', (select jsonb_agg(distinct m.roleid::regrole order by m.roleid::regrole)
                      from pg_auth_members m where m.member = r.oid)
    ) as properties
from pg_roles r
where r.rolname in ('fax_owner', 'fax_ingest', 'fax_reader', 'fax_sealer', 'fax_masked', 'fax_export', 'fax_billing')
