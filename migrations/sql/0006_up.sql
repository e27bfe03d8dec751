-- Rates, and what each fax costs by them.
-- grain: one price of faxes, for as long as it holds
-- example: select rate_id, account_code, called_prefix, per_page, currency, valid_from from fax.rate where valid_to is null;
-- A price is changed by a row of its own from then on (fax.set_rate() does it in one step), so what was charged before
-- stays what it was; fax.check_rate() holds to that. NULL in account_code, called_prefix, direction and server: any.
create table fax.rate (
    rate_id          integer generated always as identity primary key,
    account_code     text check (account_code <> ''),
    called_prefix    text check (length(called_prefix) between 1 and 40),
    direction        text check (direction in ('sent', 'received', 'gateway')),
    server           text check (server <> ''),
    currency         text not null check (currency ~ '^[A-Z]{3}$'),
    per_page         numeric not null default 0 check (per_page >= 0 and per_page < 'infinity'),
    first_seconds    integer not null default 0 check (first_seconds >= 0),
    first_charge     numeric not null default 0 check (first_charge >= 0 and first_charge < 'infinity'),
    interval_seconds integer not null default 60 check (interval_seconds > 0),
    per_interval     numeric not null default 0 check (per_interval >= 0 and per_interval < 'infinity'),
    minimum_charge   numeric not null default 0 check (minimum_charge >= 0 and minimum_charge < 'infinity'),
    charge_partial   text not null default 'full' check (charge_partial in ('full', 'pages', 'time', 'none')),
    charge_failed    text not null default 'none' check (charge_failed in ('full', 'pages', 'time', 'none')),
    charge_unknown   text not null default 'open' check (charge_unknown in ('full', 'pages', 'time', 'none', 'open')),
    valid_from       timestamptz not null,
    valid_to         timestamptz check (valid_to > valid_from),
    note             text,
    entered_at       timestamptz not null default now(),
    entered_by       text not null default session_user,
    -- No two of the same faxes at one time. A range of one value, or without bounds for any, can be compared in a GiST
    -- index without an extension; the value is its hash of 64 bits: two that share one would refuse a rate, never pass it.
    constraint one_rate_at_a_time exclude using gist (
        int8range(hashtextextended(account_code, 0), hashtextextended(account_code, 0), '[]') with =,
        int8range(hashtextextended(called_prefix, 0), hashtextextended(called_prefix, 0), '[]') with =,
        int8range(hashtextextended(direction, 0), hashtextextended(direction, 0), '[]') with =,
        int8range(hashtextextended(server, 0), hashtextextended(server, 0), '[]') with =,
        tstzrange(valid_from, valid_to) with &&
    )
);

-- The rates of a number are found by its beginnings, however many prefixes there are.
create index rate_prefix on fax.rate (called_prefix);

comment on table fax.rate is 'What faxes cost: a reference table. Of several that fit a fax, the one with account and prefix goes first, then the longest prefix, the account, the direction, the server, and the one that names none of them.';
comment on column fax.rate.rate_id is 'Identity of the rate; fax.session_charges names it beside each charge.';
comment on column fax.rate.account_code is 'Faxes of this account, as in fax.sessions. NULL: any, and faxes without one.';
comment on column fax.rate.called_prefix is 'Faxes whose called_number begins so, as it was sent (+49 and 0049 are two), up to 40 characters. NULL: any number, an unknown one too.';
comment on column fax.rate.direction is 'sent, received or gateway. NULL: any.';
comment on column fax.rate.server is 'Faxes of this server, by its name in the settings. NULL: any.';
comment on column fax.rate.currency is 'Currency of every amount in the row (ISO 4217, three capitals).';
comment on column fax.rate.per_page is 'Price of a page, in the currency.';
comment on column fax.rate.first_seconds is 'Seconds at the beginning that first_charge pays for, the first stretch; 0: first_charge is a price of the call itself.';
comment on column fax.rate.first_charge is 'Price of the first stretch, paid whole however short the fax is, in the currency.';
comment on column fax.rate.interval_seconds is 'Length of an interval after the first stretch, seconds.';
comment on column fax.rate.per_interval is 'Price of each interval that has begun after the first stretch, in the currency.';
comment on column fax.rate.minimum_charge is 'The least that a fax costs of which anything is charged, in the currency.';
comment on column fax.rate.charge_partial is 'What a fax costs that failed after at least one page: full (pages and time), pages, time or none.';
comment on column fax.rate.charge_failed is 'What a fax costs that failed without a page: full, pages, time or none.';
comment on column fax.rate.charge_unknown is 'What a fax costs whose result was not on the wire: full, pages, time, none, or open (its charge is NULL).';
comment on column fax.rate.valid_from is 'Holds for faxes that began at this moment or later.';
comment on column fax.rate.valid_to is 'Holds for faxes that began before this moment. NULL: until further notice.';
comment on column fax.rate.note is 'What the operator calls it. NULL: nothing.';
comment on column fax.rate.entered_at is 'When the row was entered, by the database''s clock.';
comment on column fax.rate.entered_by is 'The database user who entered it.';
-- Trigger of fax.rate: a charge that was made stays what it was, and no two rates are for the same faxes at one time.
-- Nothing of a rate is changed but the moment at which it ends, and none begins or ends in the past, but by fax_owner: that
-- is how rates are entered for a history that is there already. One that has not begun yet may be deleted.
create function fax.check_rate() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    other fax.rate;
    may_change_the_past boolean := pg_has_role(current_user, 'fax_owner', 'usage');
begin
    if tg_op = 'DELETE' then
        if old.valid_from <= now() then
            raise exception 'rate % has begun: it is not deleted, set its valid_to instead', old.rate_id
                using errcode = 'restrict_violation';
        end if;
        return old;
    end if;
    if tg_op = 'UPDATE' then
        if to_jsonb(new) - 'valid_to' is distinct from to_jsonb(old) - 'valid_to' then
            raise exception 'of rate % only valid_to can be changed: end it, and enter a new one (fax.set_rate does both)', old.rate_id
                using errcode = 'restrict_violation';
        end if;
        if least(new.valid_to, old.valid_to) < now() and not may_change_the_past then
            raise exception 'rate % would change in the past, where faxes are charged already: only fax_owner may do that', old.rate_id
                using errcode = 'insufficient_privilege';
        end if;
    elsif new.valid_from < now() and not may_change_the_past then
        raise exception 'a rate that begins at % would change what earlier faxes cost: only fax_owner may enter it, others from now on',
            new.valid_from using errcode = 'insufficient_privilege';
    end if;
    if new.valid_to <= new.valid_from then
        raise exception 'valid_to % is not after valid_from %', new.valid_to, new.valid_from using errcode = 'check_violation';
    end if;
    select r.* into other
    from fax.rate r
    where r.rate_id <> new.rate_id
      and (r.account_code, r.called_prefix, r.direction, r.server)
          is not distinct from (new.account_code, new.called_prefix, new.direction, new.server)
      and tstzrange(r.valid_from, r.valid_to) && tstzrange(new.valid_from, new.valid_to)
    limit 1;
    if found then
        raise exception 'rate % is for the same faxes, from % to %: end it first (fax.set_rate does), or begin after it',
            other.rate_id, other.valid_from, coalesce(other.valid_to::text, 'further notice')
            using errcode = 'exclusion_violation';
    end if;
    if tg_op = 'INSERT' then
        new.entered_at := now();
        new.entered_by := session_user;
    end if;
    return new;
end
$$;

comment on function fax.check_rate() is 'Trigger of fax.rate: refuses what would change charges of the past, and two rates for the same faxes at one time.';

create trigger check_rate before insert or update or delete on fax.rate for each row execute function fax.check_rate();
create trigger refuse_truncate before truncate on fax.rate for each statement execute function fax.refuse_change();
-- Sets a price from a moment on, in one step: ends the rate for the same faxes that holds then, and enters a new one.
-- What is not said stays as it was in that one (where there was none: 0, and the defaults of the table). The new rate ends
-- where the old one would have ended, else where a later one for the same faxes begins. Gives the new rate_id.
-- Faxes are named by account_code, called_prefix, direction and server; not said: any.
-- example: select fax.set_rate(account_code => 'law', direction => 'sent', per_page => 0.06, valid_from => '2027-01-01 00:00 Europe/Berlin');
create function fax.set_rate(
    account_code text default null, called_prefix text default null, direction text default null, server text default null,
    currency text default null, per_page numeric default null,
    first_seconds integer default null, first_charge numeric default null,
    interval_seconds integer default null, per_interval numeric default null, minimum_charge numeric default null,
    charge_partial text default null, charge_failed text default null, charge_unknown text default null,
    note text default null, valid_from timestamptz default now()
) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    before fax.rate;
    later_from timestamptz;
    made integer;
begin
    if valid_from is null then
        raise exception 'valid_from is null: say from when the price holds' using errcode = 'invalid_parameter_value';
    end if;
    select r.* into before
    from fax.rate r
    where (r.account_code, r.called_prefix, r.direction, r.server)
          is not distinct from (set_rate.account_code, set_rate.called_prefix, set_rate.direction, set_rate.server)
      and r.valid_from < set_rate.valid_from and coalesce(r.valid_to, 'infinity') > set_rate.valid_from
    for update;
    if coalesce(currency, before.currency) is null then
        raise exception 'currency is not said, and there is no rate for these faxes to take it from: for example currency => ''EUR'''
            using errcode = 'invalid_parameter_value';
    end if;
    select min(r.valid_from) into later_from
    from fax.rate r
    where (r.account_code, r.called_prefix, r.direction, r.server)
          is not distinct from (set_rate.account_code, set_rate.called_prefix, set_rate.direction, set_rate.server)
      and r.valid_from > set_rate.valid_from;
    update fax.rate r set valid_to = set_rate.valid_from where r.rate_id = before.rate_id;
    insert into fax.rate (
        account_code, called_prefix, direction, server, currency, per_page, first_seconds, first_charge, interval_seconds,
        per_interval, minimum_charge, charge_partial, charge_failed, charge_unknown, note, valid_from, valid_to)
    values (
        account_code, called_prefix, direction, server,
        coalesce(currency, before.currency),
        coalesce(per_page, before.per_page, 0),
        coalesce(first_seconds, before.first_seconds, 0),
        coalesce(first_charge, before.first_charge, 0),
        coalesce(interval_seconds, before.interval_seconds, 60),
        coalesce(per_interval, before.per_interval, 0),
        coalesce(minimum_charge, before.minimum_charge, 0),
        coalesce(charge_partial, before.charge_partial, 'full'),
        coalesce(charge_failed, before.charge_failed, 'none'),
        coalesce(charge_unknown, before.charge_unknown, 'open'),
        coalesce(note, before.note),
        valid_from,
        coalesce(before.valid_to, later_from))
    returning rate_id into made;
    return made;
end
$$;

comment on function fax.set_rate(text, text, text, text, text, numeric, integer, numeric, integer, numeric, numeric, text, text, text, text, timestamptz) is
    'Sets a price from a moment on: ends the rate for the same faxes that holds then and enters a new one, in which what is not said stays as it was.';
-- Digits after the decimal point in which a currency is paid (ISO 4217, minor unit); of a code that is not listed: 2.
-- example: select fax.minor_digits('JPY');
create function fax.minor_digits(currency text) returns integer
language sql immutable parallel safe
as $$
    select case
        when currency in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') then 0
        when currency in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 3
        when currency in ('CLF', 'UYW') then 4
        when currency is not null then 2
    end
$$;

comment on function fax.minor_digits(text) is 'Digits after the decimal point in which a currency is paid (ISO 4217).';
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
            r.first_charge + r.per_interval * ceil(greatest(s.duration_seconds - r.first_seconds, 0) / r.interval_seconds)
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

-- What a server counted between two of its FAXStats readings, beside the sessions that were seen in that time: begun
-- for the attempts, completed for the completions. The readings are the last one up to a moment and the first one from
-- another moment on; no row: one of them is not there.
-- A server that restarted counts from 0: then its new counts are all there is, and sessions since stand beside them.
-- example: select * from fax.counted_faxes('pbx1', '2026-11-23 14:00+00', '2026-11-23 15:00+00');
create or replace function fax.counted_faxes(of_server text, from_moment timestamptz, to_moment timestamptz)
returns table (
    from_at timestamptz, to_at timestamptz, restarted boolean,
    transmit_attempts bigint, transmit_attempts_seen bigint,
    receive_attempts bigint, receive_attempts_seen bigint,
    attempts_missed bigint,
    completed bigint, completed_seen bigint,
    failed bigint, failed_seen bigint
)
language sql stable parallel safe
begin atomic
    with reading as (
        (select h.observed_at, h.details, 'before' as side
         from fax.server_history h
         where h.server = of_server and h.event = 'FAXStats' and h.observed_at <= from_moment
         order by h.observed_at desc limit 1)
        union all
        (select h.observed_at, h.details, 'after'
         from fax.server_history h
         where h.server = of_server and h.event = 'FAXStats' and h.observed_at >= to_moment
         order by h.observed_at limit 1)
    ),
    counters as (
        select
            r.observed_at,
            r.side,
            fax.counter(r.details, 'TransmitAttempts') as transmit_attempts,
            fax.counter(r.details, 'ReceiveAttempts') as receive_attempts,
            fax.counter(r.details, 'CompletedFAXes') as completed,
            fax.counter(r.details, 'FailedFAXes') as failed
        from reading r
    ),
    -- once: as part of every condition below, the search for a restart would be done anew for each row
    compared as materialized (
        select
            b.observed_at as from_at,
            a.observed_at as to_at,
            n.began_at,
            fell.back or n.began_at is not null as restarted,
            a.transmit_attempts - case when fell.back or n.began_at is not null then 0 else b.transmit_attempts end as transmit_attempts,
            a.receive_attempts - case when fell.back or n.began_at is not null then 0 else b.receive_attempts end as receive_attempts,
            a.completed - case when fell.back or n.began_at is not null then 0 else b.completed end as completed,
            a.failed - case when fell.back or n.began_at is not null then 0 else b.failed end as failed
        from counters b
        join counters a on a.side = 'after'
        cross join lateral (
            select coalesce(a.transmit_attempts < b.transmit_attempts or a.receive_attempts < b.receive_attempts
                            or a.completed < b.completed or a.failed < b.failed, false) as back
        ) fell
        cross join lateral (select fax.restarted_at(of_server, b.observed_at, a.observed_at) as began_at) n
        where b.side = 'before'
    )
    select
        c.from_at, c.to_at, c.restarted,
        c.transmit_attempts, s.transmit_attempts,
        c.receive_attempts, s.receive_attempts,
        c.transmit_attempts + c.receive_attempts - s.attempts,
        c.completed, e.completed,
        c.failed, e.failed
    from compared c
    cross join lateral (select greatest(c.from_at, c.began_at) as since) t
    cross join lateral (
        select
            count(*) filter (where q.operation = 'send') as transmit_attempts,
            count(*) filter (where q.operation = 'receive') as receive_attempts,
            count(*) as attempts
        from fax.sessions q
        where q.server = of_server and q.started_at > t.since and q.started_at <= c.to_at
          and fax.is_attempt(q.operation, q.result_error)
    ) s
    cross join lateral (
        select
            count(*) as completed,
            count(*) filter (where q.result = 'failed') as failed
        from (
            -- by the index of completion events; a fax that ended in this time may have begun long before it
            select distinct h.session_id, h.started_at
            from fax.session_history h
            where h.event in ('SendFAX', 'ReceiveFAX')
              and h.observed_at > t.since and h.observed_at <= c.to_at
              and h.started_at > t.since - interval '1 day' and h.started_at <= c.to_at
        ) ended
        join lateral (
            select f.server, f.result, f.ended_at
            from fax.sessions f
            where f.session_id = ended.session_id and f.started_at = ended.started_at
        ) q on q.server = of_server and q.ended_at > t.since and q.ended_at <= c.to_at
    ) e;
end;


revoke all on function
    fax.check_rate(),
    fax.set_rate(text, text, text, text, text, numeric, integer, numeric, integer, numeric, numeric, text, text, text, text, timestamptz),
    fax.minor_digits(text)
from public;
-- Prices: who bills enters them; readers see them, and what faxes cost.
grant usage on schema fax to fax_billing;
grant select, insert, delete, update (valid_to) on fax.rate to fax_billing;
grant execute on function
    fax.set_rate(text, text, text, text, text, numeric, integer, numeric, integer, numeric, numeric, text, text, text, text, timestamptz)
to fax_billing;
grant select on fax.rate, fax.session_charges to fax_reader;
grant execute on function fax.minor_digits(text) to fax_reader;
