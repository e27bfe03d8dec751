-- grain: one attempt at a fax: a session that is neither a gateway's nor a detector's, or a reported fax
-- example: select session_id, started_at, result from fax.job_attempts where started_at >= '2026-11-01' and job_key is null;
-- Equal keys on one server belong together, NULL to nothing else. names_fax marks a key that contains document and
-- destination; other keys may be shared by different faxes. Of reported faxes, the key is the job of the other system.
create view fax.job_attempts as
select
    s.session_id,  -- The session, or the reported fax.
    s.session_number,  -- SessionNumber of Asterisk; orders attempts that were first observed in the same poll. NULL if known only from its events.
    s.started_at,  -- First observation of the session.
    s.server,  -- Name of the server in the settings.
    s.direction || ' ' || quote_nullable(s.account_code) || ' ' || k.subject as job_key,  -- What attempts at the same fax have in common: direction, account, and fax.job_subject() or its pseudonym if an erasure removed it from one of them (personal). NULL if nothing identifies the fax: then the attempt is a job of its own.
    k.names_fax,  -- Whether job_key has both the document and its destination. If not, other faxes may have the same key.
    s.account_code,  -- Account code of the channel. NULL if none or not reported.
    s.direction,  -- sent or received. NULL if not reported.
    s.caller_number,  -- CallerIDNum of the channel, as sent (personal). NULL if unknown.
    s.called_number,  -- Called number, as in fax.sessions (personal). NULL if unknown.
    s.remote_station_id,  -- Station id that the other end chose (personal). NULL if none or not reported.
    s.transport,  -- G.711 or T.38, the last one used. NULL if not reported.
    n.names as file_names,  -- Files sent or received, sorted (personal). NULL if not reported.
    s.ended_not_before,  -- Lower bound of its end, as in fax.sessions. NULL if open.
    s.ended_at,  -- End of the session, as in fax.sessions. NULL if open.
    s.duration_seconds,  -- Seconds from first observation to end. NULL if open or unknown.
    s.pages,  -- Pages, as in fax.sessions. NULL if not reported.
    s.result,  -- success, failed or unknown, as in fax.sessions.
    s.result_class,  -- Class of the result as in Asterisk's fax show stats. NULL if the result is unknown.
    s.result_text,  -- FAXSTATUSSTRING, else FAXERROR; the reason of a reported fax. NULL if not reported.
    'observed' as source  -- observed, or the records in which another system reported the fax (fax.reported_fax).
from fax.sessions s
-- offset 0: computed once per session, although several columns use it
cross join lateral (
    select
        f.names,
        fax.job_subject(s.direction, s.called_number, s.caller_number, f.names) as subject,
        coalesce(s.direction = 'sent', false) and s.called_number is not null and f.names is not null as names_fax
    from (select fax.file_set(s.file_names) as names offset 0) f
    offset 0
) n
left join fax.pseudonym p on p.kind = 'job' and p.value = n.subject
left join fax.erased_key e on e.session_id = s.session_id
-- of an erased fax, rows that arrived later may show more than what was known then
cross join lateral (
    select
        coalesce('erased:' || coalesce(w.pseudonym, p.pseudonym), n.subject) as subject,
        case when w.pseudonym is not null then e.names_fax else n.names_fax end as names_fax
    from (select case when e.names_fax or not n.names_fax then e.job end as pseudonym) w
) k
where s.direction in ('sent', 'received') or s.direction is null
union all
select
    r.session_id,
    null::bigint as session_number,
    r.started_at,
    r.server,
    'reported ' || r.source || ' ' || r.job as job_key,
    r.job is not null as names_fax,
    r.account_code,
    r.direction,
    r.caller_number,
    r.called_number,
    r.remote_station_id,
    null::text as transport,
    null::text[] as file_names,
    r.started_at as ended_not_before,
    r.started_at + coalesce(r.duration_seconds, 0) * interval '1 second' as ended_at,
    r.duration_seconds,
    r.pages,
    r.result,
    null::text as result_class,
    r.result_text,
    r.source
from fax.reported_fax r;

comment on view fax.job_attempts is 'One attempt at a fax, with the key that it shares with the other attempts. The base of fax.jobs.';
