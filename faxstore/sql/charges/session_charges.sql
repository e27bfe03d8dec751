-- grain: one fax that has ended (no detector, none that is still under way)
-- example: select session_id, rule, pages_charge, time_charge, charge, currency from fax.session_charges where started_at >= '2026-11-01' and started_at < '2026-12-01';
-- By the rate that held when the fax began. Nothing is rounded but the charge, once, at the end: half up, to the minor unit
-- of the currency. What is not known makes the charge NULL, never 0, and the rule says why.
-- Driven from fax.sessions: a filter on session_id, server or started_at goes to the indexes of fax.session.
create view fax.session_charges as
select
    s.session_id,
    s.started_at,
    s.server,
    s.account_code,
    s.direction,
    s.called_number,
    s.result,
    s.pages,
    s.duration_seconds as seconds,
    r.rate_id,
    r.currency,
    case
        when u.charged in ('full', 'pages') and p.pages_charge is null then 'pages unknown'
        when u.charged in ('full', 'time') and t.time_charge is null then 'seconds unknown'
        else u.rule
    end as rule,
    u.charged,
    p.pages_charge,
    t.time_charge,
    case when u.charged = 'none' then false else p.pages_charge + t.time_charge < r.minimum_charge end as minimum_applied,
    -- greatest() passes over a NULL, so what is not known is kept from it
    round(case when u.charged = 'none' then 0
               when p.pages_charge + t.time_charge is not null then greatest(p.pages_charge + t.time_charge, r.minimum_charge) end,
          fax.minor_digits(r.currency)) as charge
from fax.sessions s
left join lateral (
    select q.*
    from fax.rate q
    where (q.called_prefix is null
           or q.called_prefix = any (array(select left(s.called_number, n) from generate_series(1, least(length(s.called_number), 40)) n)))
      and (q.account_code is null or q.account_code = s.account_code)
      and (q.direction is null or q.direction = s.direction)
      and (q.server is null or q.server = s.server)
      and q.valid_from <= s.started_at and (q.valid_to is null or q.valid_to > s.started_at)
    -- Two that are equal in all of these are for the same faxes, and do not hold at one time.
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
        -- Asterisk never made a session of it, so no page was sent (res_fax.c, sendfax_exec and receivefax_exec)
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
                when s.duration_seconds > r.first_seconds then ceil((s.duration_seconds - r.first_seconds) / r.interval_seconds)
                when s.duration_seconds is not null then 0
            end
    end as time_charge
) t
where s.end_observed_by <> 'open' and s.direction is distinct from 'detector';

comment on view fax.session_charges is 'What each fax that has ended costs, by the rate that held when it began, with the rule that was used. A correction of the fax changes its charge; a later price does not.';
comment on column fax.session_charges.session_id is 'The session.';
comment on column fax.session_charges.started_at is 'First observation of the session: the rate that held then is used, and the month in which it is charged is the one in which it lies.';
comment on column fax.session_charges.server is 'Name of the server in the settings.';
comment on column fax.session_charges.account_code is 'Account code of the channel. NULL: none, or not told.';
comment on column fax.session_charges.direction is 'sent, received or gateway. NULL: not told.';
comment on column fax.session_charges.called_number is 'The number that was called, as sent (personal). NULL: unknown.';
comment on column fax.session_charges.result is 'success, failed or unknown, as in fax.sessions.';
comment on column fax.session_charges.pages is 'Pages, as in fax.sessions. NULL: not told.';
comment on column fax.session_charges.seconds is 'Seconds from its first observation to its end, as in fax.sessions: right to a poll interval. NULL: the observer''s clock was set back meanwhile.';
comment on column fax.session_charges.rate_id is 'The rate that was used (fax.rate). NULL: none fits.';
comment on column fax.session_charges.currency is 'Currency of the amounts (ISO 4217). NULL: no rate.';
comment on column fax.session_charges.rule is 'Why it costs what it does: success, partial (failed after a page), failed (without a page), result unknown; or why it has no charge: no rate, pages unknown, seconds unknown (result unknown too, where the rate leaves that open).';
comment on column fax.session_charges.charged is 'What is charged by that rule and rate: full (pages and time), pages, time, none. NULL: not decided.';
comment on column fax.session_charges.pages_charge is 'Pages times per_page, not rounded, in the currency; 0 where pages are not charged. NULL: not known.';
comment on column fax.session_charges.time_charge is 'first_charge, and per_interval for each interval begun after first_seconds; not rounded, in the currency; 0 where time is not charged. NULL: not known.';
comment on column fax.session_charges.minimum_applied is 'pages_charge and time_charge together are less than the minimum, which is charged instead. NULL: not known.';
comment on column fax.session_charges.charge is 'What the fax costs, in the currency: pages_charge and time_charge, at least the minimum (nothing where charged is none), then rounded half up to the minor unit of the currency. NULL: not known, rule says why.';
