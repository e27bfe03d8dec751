-- grain: one session of which rows were sealed and not erased since
-- example: select count(*) from fax.session_salt;
-- No reader sees it: who knows a salt can try which number a digest is of.
create table fax.session_salt (
    session_id uuid primary key,
    salt       bytea not null default uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) check (length(salt) = 32)
);

comment on table fax.session_salt is 'What is mixed into the digests of a session''s personal values in the log; made by faxstore seal, taken away by fax.erase_session(). Not for readers.';
comment on column fax.session_salt.session_id is 'The session.';
comment on column fax.session_salt.salt is 'Random bytes, 32.';
