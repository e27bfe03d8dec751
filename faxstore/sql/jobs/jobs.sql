-- grain: one fax that somebody wanted to send, with all attempts at it
-- example: select called_number, attempts, result_text from fax.jobs where server = 'pbx1' and not succeeded;
-- Covers the whole history; a filter on server reads only that server's sessions. For a period use fax.jobs_between(),
-- which reads only that period and what is within fax.job_window of it.
create view fax.jobs as
select
    j.job_id,  -- Identity of the job: the session_id of its first attempt. Changes only if an earlier attempt is appended later, or fax.job_window is changed.
    k.server,  -- Name of the server in the settings.
    j.account_code,  -- Account code of the channel. NULL if none or not reported.
    j.direction,  -- sent or received. NULL if not reported; such an attempt is a job of its own.
    j.caller_number,  -- CallerIDNum of the last attempt, as sent (personal). NULL if unknown.
    j.called_number,  -- Called number, as in fax.sessions (personal). NULL if unknown.
    j.remote_station_id,  -- Station id that the other end chose in the last attempt (personal). NULL if none or not reported.
    j.file_names,  -- Files sent, or received in the last attempt, sorted (personal). NULL if not reported.
    j.first_attempt_at,  -- First observation of the first attempt. Determines the period to which the job belongs.
    j.last_attempt_at,  -- First observation of the last attempt.
    j.ended_at,  -- End of the attempt that ended last. NULL if an attempt is in progress.
    j.in_progress,  -- Whether an attempt is in progress: its end was not observed.
    j.joinable_until,  -- A further attempt that starts until then belongs to this job: last_attempt_at plus fax.job_window. NULL if no attempt can follow: it succeeded, the last received one did not certainly fail, or nothing identifies the fax.
    j.attempts,  -- Attempts: sessions of this job.
    j.succeeded,  -- Whether the fax got through; the successful attempt is the last one. NULL if unknown: none is known to have succeeded, and the result of at least one is unknown.
    j.result,  -- Result of the last attempt: success, failed or unknown, as in fax.sessions.
    j.result_class,  -- Class of that result as in Asterisk's fax show stats. NULL if the result is unknown.
    j.result_text,  -- FAXSTATUSSTRING, else FAXERROR, of the last attempt. NULL if not reported.
    j.transport,  -- G.711 or T.38, the last one used in the last attempt. NULL if not reported.
    j.pages,  -- Pages of the successful attempt, else the most pages of any attempt. NULL if not reported.
    j.seconds,  -- Seconds of all attempts together, as far as known; see attempts_without_seconds. NULL if unknown for every attempt.
    j.attempts_without_seconds,  -- Attempts whose duration is unknown, including those in progress. Not in seconds.
    j.last_session_id,  -- The session_id of the last attempt.
    j.session_ids,  -- The session_id of each attempt, in the order of their starts.
    j.source  -- observed, or the records in which another system reported the attempts: xferfaxlog, v_fax_logs or cdr (fax.reported_fax).
from (
    select a.server, array_agg(a) as attempts
    from fax.job_attempts a
    -- some keys at a time (fax.jobs_of)
    group by a.server, hashtext(coalesce(a.job_key, a.session_id::text)) & 127
) k
cross join fax.job_window w
cross join lateral fax.jobs_of(k.attempts, w.hours) j;

comment on view fax.jobs is 'One fax that somebody wanted to send: the attempts of one server, account and direction with the same number and files (received: the same caller and called number), until one succeeds or none follows within fax.job_window.';
