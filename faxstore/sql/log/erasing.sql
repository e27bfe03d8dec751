-- Whether this transaction has put an erasure on record, of that session or of rejected messages of that server and moment.
create function fax.erasing(of_session uuid, of_server text, moment timestamptz) returns boolean
language sql stable
as $$
    select exists (
        select from fax.erasure e
        where e.erased_at = transaction_timestamp()
          and e.session_id is not distinct from of_session
          and (of_session is not null or ((e.server is null or e.server = of_server) and moment >= e.from_at and moment < e.to_at)))
$$;

comment on function fax.erasing(uuid, text, timestamptz) is 'Whether this transaction has put an erasure of a session, or of a rejected message, on record.';
