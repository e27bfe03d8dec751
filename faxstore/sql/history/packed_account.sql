-- grain: one account code on a packed row
-- example: select account from fax.packed_account order by account;
create table fax.packed_account (
    account text primary key  -- AccountCode as sent, its first 100 characters.
);

comment on table fax.packed_account is 'Account codes of packed rows, so that a search for an account opens no packs. Maintained by fax.pack_sessions().';
