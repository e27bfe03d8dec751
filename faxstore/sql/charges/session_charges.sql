-- grain: one fax that has ended, without detectors
-- example: select session_id, rule, pages_charge, time_charge, charge, currency from fax.session_charges where started_at >= '2026-11-01' and started_at < '2026-12-01';
-- Uses the rate that was valid when the fax started. Only the charge is rounded: half up, to the minor unit of the
-- currency. If something is unknown, the charge is NULL, never 0, and the rule shows why.
-- Driven from fax.sessions: a filter on session_id, server or started_at uses the indexes of fax.session.
create view fax.session_charges as
select
    s.session_id,  -- The session.
    s.started_at,  -- First observation of the session. Determines the rate, and the month to which the charge belongs.
    s.server,  -- Name of the server in the settings.
    s.account_code,  -- Account code of the channel. NULL if none or not reported.
    s.direction,  -- sent, received or gateway. NULL if not reported.
    s.called_number,  -- Called number, as sent (personal). NULL if unknown.
    s.result,  -- success, failed or unknown, as in fax.sessions.
    s.pages,  -- Pages, as in fax.sessions. NULL if not reported.
    s.duration_seconds as seconds,  -- Seconds from first observation to end, as in fax.sessions, accurate to a poll interval. NULL if only its end was observed, or if the observer's clock was set back meanwhile.
    r.rate_id,  -- Rate that applied (fax.rate). NULL if none matches.
    r.currency,  -- Currency of the amounts (ISO 4217). NULL if no rate matches.
    case
        when u.charged in ('full', 'pages') and p.pages_charge is null then 'pages unknown'
        when u.charged in ('full', 'time') and t.time_charge is null then 'seconds unknown'
        else u.rule
    end as rule,  -- Reason for the charge: success, partial (failed after a page), failed (without a page), result unknown; or for its absence: no rate, pages unknown, seconds unknown (and result unknown, if the rate leaves that open).
    u.charged,  -- What rule and rate charge: full (pages and time), pages, time, none. NULL if undecided.
    p.pages_charge,  -- Pages times per_page, not rounded, in the currency; 0 if pages are not charged. NULL if unknown.
    t.time_charge,  -- first_charge plus per_interval for each interval started after first_seconds, not rounded, in the currency; 0 if time is not charged. NULL if unknown.
    case when u.charged = 'none' then false else p.pages_charge + t.time_charge < r.minimum_charge end as minimum_applied,  -- Whether pages_charge plus time_charge is below the minimum, which is charged instead. NULL if unknown.
    -- greatest() ignores NULL, so call it only if the sum is known
    round(case when u.charged = 'none' then 0
               when p.pages_charge + t.time_charge is not null then greatest(p.pages_charge + t.time_charge, r.minimum_charge) end,
          fax.minor_digits(r.currency)) as charge  -- Charge of the fax, in the currency: pages_charge plus time_charge, at least the minimum (0 if charged is none), rounded half up to the minor unit of the currency. NULL if unknown; rule shows why.
from fax.sessions s
left join fax.erased_key e on e.session_id = s.session_id
-- offset 0: computed once, although several columns use it
cross join lateral (select fax.peer_id(s.called_number) as number offset 0) i
left join lateral (
    select array_agg(left(i.number, n)) as prefixes from lateral generate_series(1, least(length(i.number), 40)) n
) d on true
-- erased: the prefixes that matched then
left join lateral (
    select array_agg(m.called_prefix) as prefixes from fax.rate m where m.rate_id = any (e.rate_ids)
) m on true
cross join lateral (select case when e.rate_ids is not null then m.prefixes else d.prefixes end as prefixes offset 0) k
left join lateral (
    select q.*
    from fax.rate q
    -- four ranges of the index rate_faxes, however many rates there are
    where ((q.account_code = s.account_code and q.called_prefix = any (k.prefixes))
           or (q.account_code = s.account_code and q.called_prefix is null)
           or (q.account_code is null and q.called_prefix = any (k.prefixes))
           or (q.account_code is null and q.called_prefix is null))
      and (q.direction is null or q.direction = s.direction)
      and (q.server is null or q.server = s.server)
      and q.valid_from <= s.started_at and (q.valid_to is null or q.valid_to > s.started_at)
    -- Rates equal in all of these are for the same faxes, so only one of them is valid at a time.
    order by
        q.account_code is not null and q.called_prefix is not null desc,
        coalesce(length(q.called_prefix), 0) desc,
        q.account_code is not null desc,
        q.direction is not null desc,
        q.server is not null desc
    limit 1
) r on true
cross join lateral (
    select case
        when r.rate_id is null then 'no rate'
        when s.result = 'success' then 'success'
        when s.result = 'unknown' then 'result unknown'
        when s.pages > 0 then 'partial'
        -- Asterisk never created a session, so no page was sent (res_fax.c, sendfax_exec and receivefax_exec)
        when s.pages = 0 or (s.session_number is null and s.result_error in ('FILE_ERROR', 'INVALID_ARGUMENTS', 'INIT_ERROR')) then 'failed'
        else 'pages unknown'
    end as rule
) o
cross join lateral (
    select
        o.rule,
        case o.rule
            when 'success' then 'full'
            when 'partial' then r.charge_partial
            when 'failed' then r.charge_failed
            when 'result unknown' then nullif(r.charge_unknown, 'open')
        end as charged
) u
cross join lateral (
    select case
        when u.charged in ('time', 'none') or (u.charged is not null and r.per_page = 0) then 0
        when u.charged in ('full', 'pages') then case when u.rule = 'failed' then 0 when s.pages >= 0 then s.pages end * r.per_page
    end as pages_charge
) p
cross join lateral (
    select case
        when u.charged in ('pages', 'none') or (u.charged is not null and r.first_charge = 0 and r.per_interval = 0) then 0
        when u.charged in ('full', 'time') then
            r.first_charge + r.per_interval * case
                when r.per_interval = 0 then 0
                when s.duration_seconds > r.first_seconds then ceil((s.duration_seconds - r.first_seconds) / r.interval_seconds)
                when s.duration_seconds is not null then 0
            end
    end as time_charge
) t
where s.end_observed_by <> 'open' and s.direction is distinct from 'detector';

comment on view fax.session_charges is 'The charge of each fax that has ended, by the rate that was valid when it started, with the rule that applied. A correction of the fax changes its charge; a later price does not.';
