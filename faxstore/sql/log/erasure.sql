-- grain: one erasure of personal values, of one session or of rejected messages
-- example: select erased_at, erased_by, reason, session_id from fax.erasure order by erased_at;
create table fax.erasure (
    erasure_id    uuid primary key default gen_random_uuid(),
    erased_at     timestamptz not null default now(),
    erased_by     text not null default session_user,
    reason        text not null check (reason <> ''),
    session_id    uuid,
    server        text,
    from_at       timestamptz,
    to_at         timestamptz,
    erased_rows   bigint not null,
    check ((session_id is null) <> (from_at is null or to_at is null))
);

comment on table fax.erasure is 'Erasures of personal values: who, when and why. Append-only.';
comment on column fax.erasure.erasure_id is 'Identity of the erasure.';
comment on column fax.erasure.erased_at is 'Start of its transaction, by the database''s clock.';
comment on column fax.erasure.erased_by is 'Database user.';
comment on column fax.erasure.reason is 'Reason that the user gave.';
comment on column fax.erasure.session_id is 'The session. NULL if rejected messages were erased.';
comment on column fax.erasure.server is 'Server of the rejected messages. NULL for all servers, or for a session.';
comment on column fax.erasure.from_at is 'Start of the period of the rejected messages, inclusive. NULL for a session.';
comment on column fax.erasure.to_at is 'End of the period of the rejected messages, exclusive. NULL for a session.';
comment on column fax.erasure.erased_rows is 'Number of history rows or messages from which values were erased.';
