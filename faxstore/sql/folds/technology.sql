-- grain: one fax technology, by the name of the list entry
-- example: insert into fax.technology values ('Example', 'session');
create table fax.technology (
    technology           text primary key,
    bad_lines_counted_by text not null check (bad_lines_counted_by in ('page', 'session'))
);

insert into fax.technology values ('Spandsp', 'page');

comment on table fax.technology is 'What TotalBadLines counts, by fax technology: a reference table. A technology that is not in it counts by page.';
comment on column fax.technology.technology is 'Technology as the list entry names it.';
comment on column fax.technology.bad_lines_counted_by is 'page: the bad lines of the page in hand (spandsp: t4_rx.c, t4_rx_start_page), or session: of all its pages so far.';
