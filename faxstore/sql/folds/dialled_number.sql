-- The number in a DialString, or NULL if there is none: an endpoint's name, a channel, a host. `technology` is the one
-- of the channel; without it, the usual forms are recognised. A password in the string is never returned.
-- A number has digits, * and #, and may begin with +. Pauses (w) are left out.
-- example: select fax.dialled_number('trunk/sip:4711@192.0.2.1:5060', 'PJSIP');
create function fax.dialled_number(dial_string text, technology text default null) returns text
language sql immutable parallel safe
as $$
    select n.number
    from (
        select split_part(d.text, '/', 1) as first, split_part(d.text, '/', 2) as second
        from (select split_part(dial_string, '!', 1) as text) d
    ) p
    -- PJSIP   endpoint, number@endpoint, endpoint/sip:number@host (chan_pjsip.c, request)
    -- SIP     number[:password…]@host, peer/number[/host], followed by !dnid (chan_sip.c, sip_request_call)
    -- IAX2    [user[:password]@]peer[:port][/number[@context][/options]] (chan_iax2.c, parse_dial_string)
    -- DAHDI   group or channel[/number[/options]]; letters before the number are its type or a pause (chan_dahdi.c,
    --       determine_starting_point; sig_pri.c, sig_pri_extract_called_num_subaddr)
    -- Local   number[@context][/options] (core_local.c, local_alloc)
    cross join lateral unnest(case
        when technology = 'Local' then array[p.first]
        when technology = 'DAHDI' then array[regexp_replace(p.second, '^[A-Za-z]+', '')]
        when technology = 'IAX2' then array[p.second, case when p.first not like '%@%' then p.first end]
        when technology = 'SIP' and p.first like '%@%' then array[p.first]
        when p.second ~* '^<?(sips?|tel):' then array[p.second]
        when technology = 'PJSIP' and p.first like '%@%' then array[p.first]
        else array[p.second, p.first]
    end) with ordinality c (candidate, place)
    -- without the scheme, and before the host, the password, a subaddress or parameters
    cross join lateral (
        select substring(regexp_replace(c.candidate, '^<?(sips?|tel):', '', 'i') from '^[^@:;?>,&]*') as text
    ) u
    cross join lateral (
        select translate(replace(replace(replace(replace(u.text, '%2B', '+'), '%2b', '+'), '%23', '#'), '%2A', '*'), 'wW', '') as number
    ) n
    where n.number ~ '^\+?[0-9*#]*[0-9][0-9*#]*$'
    order by c.place
    limit 1
$$;
