-- A text with (erased) in place of each occurrence of a number, or as a whole if the number cannot be cut out of it.
-- example: select fax.text_without_number('PJSIP/4915199999992-00000001', '4915199999992');
create function fax.text_without_number(value text, digits text) returns text
language sql immutable parallel safe
as $$
    select case when not fax.contains_number(value, digits) then value
                when not fax.contains_number(c.cut, digits) then c.cut
                else '(erased)' end
    from (select regexp_replace(value, fax.number_pattern(digits), '(erased)', 'g') as cut) c
$$;
