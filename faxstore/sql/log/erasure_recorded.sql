-- Whether this transaction has recorded an erasure of a session, or of rejected messages of a server at a moment.
-- example: select fax.erasure_recorded('…', null, null);
create function fax.erasure_recorded(of_session uuid, of_server text, moment timestamptz) returns boolean
language sql stable
as $$
    select exists (
        select from fax.erasure e
        where e.erased_at = transaction_timestamp()
          and e.session_id is not distinct from of_session
          and (of_session is not null or ((e.server is null or e.server = of_server) and moment >= e.from_at and moment < e.to_at)))
$$;
