-- A text to search for a number: bytes that faxstore stored as \xNN, and \uNNNN, end a number or are blanks within it;
-- full-width digits are digits.
-- example: select fax.without_escapes('\x005550177\xa0');
create function fax.without_escapes(value text) returns text
language sql immutable parallel safe
as $$
    select regexp_replace(regexp_replace(translate(value, '０１２３４５６７８９＋', '0123456789+'),
        '\\+(x(a0|ad)|u00(a0|ad)|u20[01][0-9a-f]|u202f)', ' ', 'gi'),
        '\\+(x[0-9a-f]{2}|u[0-9a-f]{4})', '|', 'gi')
$$;
