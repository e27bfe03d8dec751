-- The digits of a phone number, by which faxstore searches for it: without blanks, signs, brackets, and the + or 00 in
-- front of a country code. NULL if it is no number of 4 to 20 digits.
-- example: select fax.number_digits('+49 (0)151 9999-9992');
create function fax.number_digits(number text) returns text
language sql immutable parallel safe
as $$
    select case when d.digits ~ '^[0-9]{4,20}$' then d.digits end
    from (select regexp_replace(regexp_replace(regexp_replace(translate(number, '０１２３４５６７８９＋', '0123456789+'),
        '^(\s*(?:\+|00)[0-9\s]*)\(0\)', '\1'),
        '[\s\u00a0\u00ad\u2000-\u2015\u202a-\u202f\u2060-\u2069\u2212\ufeff\uff0d()/.-]', '', 'g'),
        '^(\+|00)', '') as digits) d
$$;
