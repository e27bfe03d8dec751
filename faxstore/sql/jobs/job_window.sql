-- grain: the one setting of fax.jobs
-- example: update fax.job_window set hours = 2;
create table fax.job_window (
    hours    numeric not null check (hours > 0 and hours <= 8784),  -- How long after the start of an attempt the next one still belongs to the same job, hours.
    only_row boolean primary key default true check (only_row)  -- Always true: the table has one row.
);

insert into fax.job_window (hours) values (24);

create trigger refuse_removal before delete or truncate on fax.job_window for each statement execute function fax.refuse_change();

comment on table fax.job_window is 'Reference table with one row: how far apart two attempts at one fax may be (fax.jobs). A change applies to all jobs, also past ones.';
