-- grain: one session with sealed rows that have not been erased since
-- example: select count(*) from fax.session_salt;
-- Readers must not see salts: with a salt, one can test which number a digest stands for.
create table fax.session_salt (
    session_id uuid primary key,  -- The session.
    salt       bytea not null default uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) check (length(salt) = 32)  -- 32 random bytes.
);

comment on table fax.session_salt is 'Salt of the digests of a session''s personal values in the log. faxstore seal creates it, fax.erase_session() deletes it. Not readable for fax_reader.';
