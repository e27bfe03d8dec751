-- A text without blanks, no-break spaces and control characters at either end, as characters or as escapes (\x00 as the
-- history stores NUL, \xa0 a byte that is not UTF-8, \t as in VarSet). NULL if nothing else remains. Everything in
-- between stays, in any alphabet.
-- example: select fax.without_padding(E'  +49 30 5550100 \u00a0\\x00');
create function fax.without_padding(name text) returns text
language sql immutable parallel safe
as $$
    select nullif(regexp_replace(regexp_replace(name, '^' || p.padding, ''), p.padding || '$', ''), '')
    from (select '(?:[\u0001-\u0020\u007f-\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]|\\x[01][0-9a-fA-F]|\\x7f|\\xa0|\\[abfnrtv])+' as padding) p
$$;
