-- The value of a channel variable in the ChanVariable headers of an event ("NAME=value", one or more; manager.conf,
-- channelvars). NULL if the variable is not among them.
-- example: select fax.channel_variable('{"ChanVariable": ["FAXSTATUS=SUCCESS", "FAXMODE=audio"]}', 'FAXSTATUS');
create function fax.channel_variable(details jsonb, variable text) returns text
language sql immutable parallel safe
as $$
    select substr(v, length(variable) + 2)
    from jsonb_array_elements_text(
        case jsonb_typeof(details -> 'ChanVariable')
            when 'array' then details -> 'ChanVariable'
            when 'string' then jsonb_build_array(details -> 'ChanVariable')
            else '[]'
        end) v
    where starts_with(v, variable || '=')
    limit 1
$$;
