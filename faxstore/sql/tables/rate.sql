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
