-- grain: one session whose figures depend on erased values, with what replaces them: no value and no part of one
-- example: select session_id, rate_ids from fax.erased_key where rate_ids <> '{}';
-- fax.keep_keys() adds rows before an erasure. It changes them only if rows that arrived after an earlier erasure show
-- more, and the session is erased again.
create table fax.erased_key (
    session_id      uuid primary key,  -- The session. Erased, or a detector whose fax was erased.
    job             uuid,  -- Pseudonym (fax.pseudonym) in place of fax.job_subject(). NULL if it had none.
    names_fax       boolean,  -- names_fax in fax.job_attempts. NULL if job is.
    peer            uuid,  -- Pseudonym (fax.pseudonym) in place of its peer in fax.quality(). NULL if it had none.
    peer_is_station boolean,  -- Whether that peer is a station id, not a number. NULL if peer is.
    rate_ids        integer[],  -- Of the rates valid at its start on its server, one for each called_prefix with which its called number started. NULL if that was unknown.
    files           integer,  -- Number of files, as in fax.sessions_masked. NULL if not reported.
    distinct_files  integer,  -- Number of different files, as in fax.jobs_masked. NULL if not reported.
    fax_session_id  uuid  -- fax_session_id in fax.sessions. NULL if none, or not a detector.
);

comment on table fax.erased_key is 'What keeps figures unchanged after an erasure: which faxes belong together, and which rates apply. Maintained by erasures.';
