-- Digits after the decimal point of a currency (ISO 4217, minor unit). Unlisted codes have 2.
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
