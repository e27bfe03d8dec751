-- grain: one fax technology, by the name in list entries
-- example: insert into fax.technology values ('Example', 'session');
create table fax.technology (
    technology           text primary key,  -- Technology as the list entry names it.
    bad_lines_counted_by text not null check (bad_lines_counted_by in ('page', 'session'))  -- page: TotalBadLines counts the current page (spandsp: t4_rx.c, t4_rx_start_page). session: it counts all pages so far.
);

insert into fax.technology values ('Spandsp', 'page');

comment on table fax.technology is 'Reference table: what TotalBadLines counts, by fax technology. A technology without a row counts per page.';
