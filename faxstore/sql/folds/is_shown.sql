-- Whether fax.sessions shows a session: not a call that ran no fax, nor one that a list named without any other sign of
-- it.
-- example: select count(*) from fax.session_facts f where fax.is_shown(f.is_fax, f.session_number, f.snapshots, f.completed);
create function fax.is_shown(is_fax boolean, session_number bigint, snapshots bigint, completed boolean) returns boolean
language sql immutable parallel safe
as $$
    select is_fax and (session_number is null or snapshots > 0 or completed)
$$;
