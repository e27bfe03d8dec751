-- The result of one fax as res_fax set it, from all values of its channel variables. NULLs if res_fax set none.
-- A dialplan may set the same variables to any text at any time, so a value counts by its place, not by being the last.
-- res_fax sets them together, FAXSTATUS first and FAXERROR next: one write (res_fax.c, set_channel_variables). A write
-- is blank when the fax starts, FAILED at a hangup, timeout or error while the fax goes on, and SUCCESS or FAILED right
-- before the completion event, at which the fax is over (generic_fax_exec; recordings churn-22, failures-22).
--   with a completion event    the last write before it stands
--   without                    the first write after the blank one stands, or the second if the fax went on after it
--   without a blank one, too   likewise, of the writes since the first snapshot; if never listed, since the fax began
-- Where FAXSTATUS is filtered out, FAXERROR begins a write. Clocks differ, so each observer's values are judged on their
-- own, and an observer of the completion event comes first.
-- names, settings: the variables and their values; 'completion event' is the event itself. observers, moments: who
-- observed each of them, and when. began_at: the start of the fax, NULL if not observed. listed_at: its first snapshot, NULL
-- if never listed.
-- example: select * from fax.result_by_observers('{FAXSTATUS,FAXSTATUS,FAXSTATUS}', '{"",SUCCESS,FAILED}', '{a,a,a}', '{2026-11-02 08:00+00,2026-11-02 08:01+00,2026-11-02 08:02+00}', null, null);
create function fax.result_by_observers(
    names text[], settings text[], observers text[], moments timestamptz[],
    began_at timestamptz, listed_at timestamptz)
returns table (status text, error text, status_text text, local_station_id text, remote_station_id text, set_at timestamptz)
language sql immutable parallel safe
begin atomic
    with observed as (
        select
            u.*,
            min(u.set_at) filter (where u.name = 'completion event') over (partition by u.observer) as completed_at,
            case
                when bool_or(u.name = 'FAXSTATUS') over (partition by u.observer) then 'FAXSTATUS'
                when bool_or(u.name = 'FAXERROR') over (partition by u.observer) then 'FAXERROR'
            end as begins_write,
            bool_or(u.name = 'FAXERROR') over (partition by u.observer) as has_errors,
            bool_or(u.name = 'FAXSTATUSSTRING') over (partition by u.observer) as has_texts
        from unnest(names, settings, observers, moments) u (name, setting, observer, set_at)
        -- receivefax_exec sets these before the fax starts, without FAXSTATUS
        where u.setting is null or u.setting not in ('Channel Problems', 'Error before FAX transmission started.')
    ),
    written as (
        select
            n.observer,
            n.completed_at,
            n.begins_write,
            n.has_errors,
            n.has_texts,
            min(n.set_at) as set_at,
            greatest(min(n.set_at), min(n.set_at) filter (where n.name = 'FAXERROR'),
                     min(n.set_at) filter (where n.name = 'FAXSTATUSSTRING')) as set_until,
            (array_agg(n.setting order by n.set_at) filter (where n.name = 'FAXSTATUS'))[1] as status,
            -- before FAXSTATUSSTRING: a dialplan may set a blank one later
            case when coalesce(min(n.set_at) filter (where n.name = 'FAXERROR') < min(n.set_at) filter (where n.name = 'FAXSTATUSSTRING'), true)
                 then (array_agg(n.setting order by n.set_at) filter (where n.name = 'FAXERROR'))[1] end as error,
            (array_agg(n.setting order by n.set_at) filter (where n.name = 'FAXSTATUSSTRING'))[1] as status_text,
            (array_agg(n.setting order by n.set_at) filter (where n.name = 'LOCALSTATIONID'))[1] as local_station_id,
            (array_agg(n.setting order by n.set_at) filter (where n.name = 'REMOTESTATIONID'))[1] as remote_station_id
        from (
            -- FAXMODE and FAXPAGES are the last ones, so what follows them is not part of the write
            select o.*, count(*) filter (where o.name in (o.begins_write, 'FAXMODE', 'FAXPAGES'))
                over (partition by o.observer order by o.set_at) as write
            from observed o
        ) n
        where n.write > 0
        group by n.observer, n.completed_at, n.begins_write, n.has_errors, n.has_texts, n.write
    ),
    -- Without the writes of a dialplan: another text, or FAXSTATUS alone. Asterisk raises no VarSet for a variable that is
    -- blank and stays so (pbx_builtin_setvar_helper): FAXERROR may be missing in a success, FAXSTATUSSTRING never.
    of_res_fax as (
        select
            w.*,
            coalesce(w.status, w.error) = '' as is_blank,
            min(w.set_at) filter (where coalesce(w.status_text = 'error starting fax session', w.error = 'INIT_ERROR'))
                over (partition by w.observer) as initial_at,
            case
                when w.status_text in (
                    'error starting fax session', 'failed to start FAX session', 'remote channel hungup', 'T.38 switch failed',
                    'Failed to feed the smoother', 'fax session timed-out', 'error polling data',
                    'gateway operation started successfully') then true
                when w.status_text is not null or w.status = 'SUCCESS' then false
                else coalesce(w.error in ('INIT_ERROR', 'HANGUP', 'TIMEOUT', 'UNKNOWN'), true)
            end as goes_on
        from written w
        where (w.status in ('', 'SUCCESS', 'FAILED') or (w.begins_write = 'FAXERROR' and w.error is not null))
          and case when w.has_texts then w.status_text is not null
                   else w.error is not null or w.status = 'SUCCESS' or not w.has_errors end
    ),
    begun as (
        select
            f.*,
            -- a dialplan may set blanks before the application starts
            min(f.set_at) filter (where f.is_blank and f.set_at >= coalesce(f.initial_at, began_at, '-infinity'))
                over (partition by f.observer) as blank_at
        from of_res_fax f
    ),
    of_fax as (
        select b.*, row_number() over (partition by b.observer, b.is_blank order by b.set_at) as place
        from begun b
        where b.set_at >= coalesce(b.blank_at, listed_at, b.initial_at, began_at, '-infinity')
    ),
    standing as (
        select f.*
        from of_fax f
        where f.set_at <= f.completed_at or (f.completed_at is null and f.place <= 2)
        order by
            f.is_blank,
            f.completed_at is null,
            case when not f.is_blank and f.completed_at is not null then f.set_at end desc nulls last,
            not f.is_blank and f.place = 1 and f.goes_on,
            f.set_at
        limit 1
    ),
    -- the station ids of observers that receive neither FAXSTATUS nor FAXERROR
    station as (
        select
            (array_agg(o.setting order by o.set_at) filter (where o.name = 'LOCALSTATIONID'))[1] as local_id,
            (array_agg(o.setting order by o.set_at) filter (where o.name = 'REMOTESTATIONID'))[1] as remote_id
        from observed o
        where o.begins_write is null and o.setting <> '' and o.set_at >= coalesce(listed_at, '-infinity')
          and o.set_at <= coalesce(o.completed_at, 'infinity')
    )
    select
        nullif(s.status, ''),
        nullif(fax.unescape(s.error), ''),
        nullif(fax.unescape(s.status_text), ''),
        fax.unescape(coalesce(nullif(s.local_station_id, ''), n.local_id)),
        fax.unescape(coalesce(nullif(s.remote_station_id, ''), n.remote_id)),
        s.set_until
    from station n
    left join standing s on true;
end;
