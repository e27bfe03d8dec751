-- What attempts at the same fax of one server, account and direction have in common; NULL if nothing identifies the fax.
--   sent      The document and its destination: called number and files. If one of them is unknown, the other one.
--   received  Each attempt has another file, so the two ends: caller and called number. A caller without a digit
--             (anonymous) identifies nobody.
-- Values compare as they were received: +49 30 and 0049 30 are different numbers. files: as of fax.file_set().
-- Stable, as jsonb_build_array() is: an immutable function would not be inlined, and take twice as long.
-- example: select fax.job_subject('sent', '5550100', null, array['/fax/1.tif']);
create function fax.job_subject(direction text, called_number text, caller_number text, files text[]) returns text
language sql stable parallel safe
as $$
    select case
        when direction = 'sent' and (called_number is not null or files is not null)
            then jsonb_build_array(called_number, files)::text
        when direction = 'received' and caller_number ~ '[0-9]'
            then jsonb_build_array(called_number, caller_number)::text
    end
$$;
