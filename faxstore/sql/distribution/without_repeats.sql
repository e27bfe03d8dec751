-- As in faxstore/sql/history/without_repeats.sql, with one query per table (fax.stored_moments).
create or replace function fax.without_repeats(rows fax.appended_row[]) returns fax.appended_row[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    of_rows uuid[] := array(select distinct r.session_id from unnest(rows) r);
    at_times timestamptz[] := array(select distinct r.observed_at from unnest(rows) r);
    stored text[] := fax.stored_moments(of_rows, at_times);
begin
    return array(
        select rows[n.ordinality]
        from (
            select distinct on (r.session_id, r.observed_at) r.ordinality,
                   r.session_id::text || ' ' || extract(epoch from r.observed_at) as key
            from unnest(rows) with ordinality r
            order by r.session_id, r.observed_at, r.ordinality
        ) n
        left join unnest(stored) k (key) on k.key = n.key
        where k.key is null
        order by n.ordinality
    );
end
$$;
