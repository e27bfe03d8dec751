-- grain: one session that a batch adds to fax.session or knows more about, in the array that fax.append() receives
create type fax.appended_session as (
    session_id     uuid,  -- The session.
    epoch_id       uuid,  -- Its epoch.
    started_at     timestamptz,  -- First observation of the batch, without what precedes the start of its fax.
    session_number bigint,  -- SessionNumber. NULL for a fax that is known only from its events.
    is_open        boolean,  -- As in fax.session.
    is_fax         boolean,  -- As in fax.session.
    operation      text,  -- As in fax.session.
    channel        text,  -- As in fax.session (personal).
    uniqueid       text,  -- As in fax.session.
    technology     text  -- As in fax.session.
);

comment on type fax.appended_session is 'One session that is new, or of which more is known, as fax.append() receives it.';
