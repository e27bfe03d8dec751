-- grain: one observation to append, in the array that fax.append() receives
-- The client encodes these arrays itself (faxstore/store/composite.py); columns are added at the end.
create type fax.appended_row as (
    session_id            uuid,  -- The session.
    observed_at           timestamptz,  -- Time of the observation.
    data_rate             integer,  -- As in fax.session_history.
    x_resolution          integer,  -- As in fax.session_history.
    y_resolution          integer,  -- As in fax.session_history.
    page_number           integer,  -- As in fax.session_history.
    pages_transmitted     integer,  -- As in fax.session_history.
    pages_received        integer,  -- As in fax.session_history.
    total_bad_lines       integer,  -- As in fax.session_history.
    error_correction_mode boolean,  -- As in fax.session_history.
    event                 text,  -- As in fax.session_history.
    operation             text,  -- As in fax.session_history.
    state                 text,  -- As in fax.session_history.
    session_type          text,  -- As in fax.session_history.
    file_name             text,  -- As in fax.session_history (personal).
    details               jsonb  -- As in fax.session_history (personal).
);

comment on type fax.appended_row is 'One observation, as fax.append() receives it.';
