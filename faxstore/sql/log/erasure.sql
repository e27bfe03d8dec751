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

comment on table fax.erasure is 'Who erased which personal values, when and why. Append-only.';
comment on column fax.erasure.erasure_id is 'Identity of the erasure.';
comment on column fax.erasure.erased_at is 'When its transaction began, by the database''s clock.';
comment on column fax.erasure.erased_by is 'The user of the database.';
comment on column fax.erasure.reason is 'Why, in the words of whoever erased.';
comment on column fax.erasure.session_id is 'The session whose values went. NULL: rejected messages.';
comment on column fax.erasure.server is 'Of rejected messages: their server. NULL: every server, or a session.';
comment on column fax.erasure.from_at is 'Of rejected messages: the first moment. NULL: a session.';
comment on column fax.erasure.to_at is 'Of rejected messages: the moment before which. NULL: a session.';
comment on column fax.erasure.erased_rows is 'How many rows of the history, or messages, it took values from.';
