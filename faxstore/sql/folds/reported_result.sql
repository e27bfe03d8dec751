-- The result of one fax as res_fax set it, from all values of its channel variables. NULLs if res_fax set none.
-- The rules, and the parameters, are those of fax.result_by_observers(); the values are in the order of their moments, one
-- at a moment. Most sessions have one observer: then a look at each write finds the same result in a fraction of the time.
-- example: select * from fax.reported_result('{FAXSTATUS,FAXSTATUS,FAXSTATUS}', '{"",SUCCESS,FAILED}', '{a,a,a}', '{2026-11-02 08:00+00,2026-11-02 08:01+00,2026-11-02 08:02+00}', null, null);
create function fax.reported_result(
    names text[], settings text[], observers text[], moments timestamptz[], began_at timestamptz, listed_at timestamptz,
    out status text, out error text, out status_text text, out local_station_id text, out remote_station_id text,
    out set_at timestamptz)
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    first_name text;
    has_errors boolean;
    has_texts boolean;
    starts integer[];
    place integer;
    completed_at timestamptz := moments[array_position(names, 'completion event')];
    ends integer;
    error_place integer;
    text_place integer;
    its_status text;
    its_error text;
    its_text text;
    initial_at timestamptz;
    blank_at timestamptz;
    places integer[];
    statuses text[];
    errors text[];
    texts text[];
    last_places integer[];
    ends_of integer[];
    found integer;
    found_blank integer;
    results integer := 0;
begin
    if names is null then
        return;
    elsif array_remove(observers, observers[1]) <> '{}' then
        select o.* into status, error, status_text, local_station_id, remote_station_id, set_at
        from fax.result_by_observers($1, $2, $3, $4, $5, $6) o;
        return;
    end if;
    loop
        place := coalesce(array_position(settings, 'Channel Problems'),
                          array_position(settings, 'Error before FAX transmission started.'));
        exit when place is null;
        names := names[:place - 1] || names[place + 1:];
        settings := settings[:place - 1] || settings[place + 1:];
        moments := moments[:place - 1] || moments[place + 1:];
    end loop;
    first_name := case when 'FAXSTATUS' = any (names) then 'FAXSTATUS' when 'FAXERROR' = any (names) then 'FAXERROR' end;
    if first_name is null then
        for i in 1..cardinality(names) loop
            if settings[i] <> '' and moments[i] >= coalesce(listed_at, '-infinity')
               and moments[i] <= coalesce(completed_at, 'infinity') then
                local_station_id := coalesce(local_station_id, case names[i] when 'LOCALSTATIONID' then settings[i] end);
                remote_station_id := coalesce(remote_station_id, case names[i] when 'REMOTESTATIONID' then settings[i] end);
            end if;
        end loop;
        local_station_id := fax.unescape(local_station_id);
        remote_station_id := fax.unescape(remote_station_id);
        return;
    end if;
    has_errors := 'FAXERROR' = any (names);
    has_texts := 'FAXSTATUSSTRING' = any (names);
    starts := array_positions(names, first_name);
    -- the writes of res_fax, in their order
    for i in 1..cardinality(starts) loop
        place := starts[i];
        text_place := array_position(names, 'FAXSTATUSSTRING', place);
        -- most values that a dialplan sets are alone
        continue when has_texts and coalesce(text_place > starts[i + 1], text_place is null);
        ends := least(starts[i + 1], array_position(names, 'FAXMODE', place), array_position(names, 'FAXPAGES', place));
        if text_place > ends then
            text_place := null;
        end if;
        error_place := array_position(names, 'FAXERROR', place);
        if error_place > ends then
            error_place := null;
        end if;
        its_status := case when first_name = 'FAXSTATUS' then settings[place] end;
        its_error := case when coalesce(error_place < text_place, true) then settings[error_place] end;
        its_text := settings[text_place];
        continue when first_name = 'FAXSTATUS' and its_status not in ('', 'SUCCESS', 'FAILED')
            or first_name = 'FAXERROR' and its_error is null
            or not case when has_texts then its_text is not null
                        else its_error is not null or its_status = 'SUCCESS' or not has_errors end;
        if initial_at is null and coalesce(its_text = 'error starting fax session', its_error = 'INIT_ERROR') then
            initial_at := moments[place];
            blank_at := null;
        end if;
        if blank_at is null and coalesce(its_status, its_error) = ''
           and moments[place] >= coalesce(initial_at, began_at, '-infinity') then
            blank_at := moments[place];
        end if;
        places := places || place;
        statuses := statuses || its_status;
        errors := errors || its_error;
        texts := texts || its_text;
        last_places := last_places || greatest(place, error_place, text_place);
        ends_of := ends_of || coalesce(ends, cardinality(names) + 1);
    end loop;
    -- the one that stands
    for i in 1..coalesce(cardinality(places), 0) loop
        continue when moments[places[i]] < coalesce(blank_at, listed_at, initial_at, began_at, '-infinity')
            or moments[places[i]] > completed_at;
        if coalesce(statuses[i], errors[i]) = '' then
            found_blank := coalesce(found_blank, i);
            continue;
        end if;
        results := results + 1;
        if completed_at is not null or results = 1 or (results = 2 and case
            when texts[found] in (
                'error starting fax session', 'failed to start FAX session', 'remote channel hungup', 'T.38 switch failed',
                'Failed to feed the smoother', 'fax session timed-out', 'error polling data',
                'gateway operation started successfully') then true
            when texts[found] is not null or statuses[found] = 'SUCCESS' then false
            else coalesce(errors[found] in ('INIT_ERROR', 'HANGUP', 'TIMEOUT', 'UNKNOWN'), true)
        end) then
            found := i;
        end if;
    end loop;
    found := coalesce(found, found_blank);
    if found is null then
        return;
    end if;
    status := nullif(statuses[found], '');
    error := nullif(fax.unescape(errors[found]), '');
    status_text := nullif(fax.unescape(texts[found]), '');
    set_at := moments[last_places[found]];
    place := array_position(names, 'LOCALSTATIONID', places[found]);
    if place < ends_of[found] then
        local_station_id := fax.unescape(nullif(settings[place], ''));
    end if;
    place := array_position(names, 'REMOTESTATIONID', places[found]);
    if place < ends_of[found] then
        remote_station_id := fax.unescape(nullif(settings[place], ''));
    end if;
end
$$;
