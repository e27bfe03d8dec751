-- The regular expression that finds a number, given as its digits, in a text. Between digits it admits up to three
-- blanks or signs, and (0). 00 may precede it.
-- It does not match a part of a longer number: digits directly before or after, or a + before it with so few digits in
-- between that both can be one number (15 digits at most). A number of fewer than 10 digits may lack its area code, so
-- digits behind a blank or a sign belong to it too, unless they are the suffix of a channel (PJSIP/5550177-00000001).
-- example: select '+49 151 9999-9992' ~ fax.number_pattern('4915199999992');
create function fax.number_pattern(digits text) returns text
language sql immutable parallel safe
as $$
    select case when length(digits) >= 10 then p.before || p.number || '(?![0-9])'
           else format('(?:%1$s(?<![0-9]%2$s{1,3})%3$s(?:(?![0-9]|%2$s{1,3}[0-9])|(?=-[0-9a-f]{8}(?![0-9A-Za-z])))'
                       '|(?<=[A-Za-z]/|[A-Za-z]/[a-z]?[0-9]{1,3}/)\+?%3$s(?![0-9]))', p.before, s.sign, p.number) end
    from (select '[ \t\u00a0\u00ad\u2000-\u2015\u202a-\u202f\u2060-\u2069\u2212\ufeff\uff0d()/.-]' as sign) s
    cross join lateral (
        select
            '(?<![0-9])' || case when digits ~ '^0' or length(digits) > 14 then ''
                else format('(?<!\+%1$s{0,3}(?:[0-9]%1$s{0,3}){1,%2$s})', s.sign, 15 - length(digits)) end as before,
            format('(?:0{2,3}%1$s{0,3})?', s.sign)
                || regexp_replace(digits, '(?!^)', format('%1$s{0,3}(?:\\(0\\)%1$s{0,3})?', replace(s.sign, '\', '\\')), 'g') as number
    ) p
$$;
