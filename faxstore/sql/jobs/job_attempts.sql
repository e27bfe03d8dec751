-- grain: one attempt at a fax: a session that is neither a gateway's nor a detector's
-- example: select session_id, started_at, result from fax.job_attempts where started_at >= '2026-11-01' and job_key is null;
-- job_key identifies the fax as far as its attempts can: equal keys on one server belong together, NULL to nothing else.
--   sent      The document and its destination: account, called number and files, in any order. If one of number and
--             files is unknown, the other one.
--   received  Each attempt has another file, so the two ends: account, caller and called number. A caller without a
--             digit (anonymous) identifies nobody.
-- Values compare as they were received: +49 30 and 0049 30 are different numbers.
-- names_fax marks a key that contains document and destination; other keys may be shared by different faxes.
create view fax.job_attempts as
select
    s.session_id,  -- The session.
    s.session_number,  -- SessionNumber of Asterisk; orders attempts that were first observed in the same poll. NULL if known only from its events.
    s.started_at,  -- First observation of the session.
    s.server,  -- Name of the server in the settings.
    case
        when s.direction = 'sent' and (s.called_number is not null or f.names is not null)
            then jsonb_build_array(s.direction, s.account_code, s.called_number, f.names)::text
        when s.direction = 'received' and s.caller_number ~ '[0-9]'
            then jsonb_build_array(s.direction, s.account_code, s.called_number, s.caller_number)::text
    end as job_key,  -- What attempts at the same fax have in common (personal). NULL if nothing identifies the fax: then the attempt is a job of its own.
    coalesce(s.direction = 'sent', false) and s.called_number is not null and f.names is not null as names_fax,  -- Whether job_key has both the document and its destination. If not, other faxes may have the same key.
    s.account_code,  -- Account code of the channel. NULL if none or not reported.
    s.direction,  -- sent or received. NULL if not reported.
    s.caller_number,  -- CallerIDNum of the channel, as sent (personal). NULL if unknown.
    s.called_number,  -- Called number, as in fax.sessions (personal). NULL if unknown.
    s.remote_station_id,  -- Station id that the other end chose (personal). NULL if none or not reported.
    s.transport,  -- G.711 or T.38, the last one used. NULL if not reported.
    f.names as file_names,  -- Files sent or received, sorted (personal). NULL if not reported.
    s.ended_not_before,  -- Lower bound of its end, as in fax.sessions. NULL if open.
    s.ended_at,  -- End of the session, as in fax.sessions. NULL if open.
    s.duration_seconds,  -- Seconds from first observation to end. NULL if open or unknown.
    s.pages,  -- Pages, as in fax.sessions. NULL if not reported.
    s.result,  -- success, failed or unknown, as in fax.sessions.
    s.result_class,  -- Class of the result as in Asterisk's fax show stats. NULL if the result is unknown.
    s.result_text  -- FAXSTATUSSTRING, else FAXERROR. NULL if not reported.
from fax.sessions s
cross join lateral (
    select array_agg(distinct n.name collate "C" order by n.name collate "C") as names
    from unnest(s.file_names) n (name)
    where n.name <> ''
) f
where s.direction in ('sent', 'received') or s.direction is null;

comment on view fax.job_attempts is 'One attempt at a fax, with the key that it shares with the other attempts. The base of fax.jobs.';
