-- grain: one class of the quality of a page
-- example: update fax.quality_class set bad_line_ratio_below = 0.03 where quality = 'good';
create table fax.quality_class (
    quality              text primary key,
    bad_line_ratio_below numeric unique check (bad_line_ratio_below > 0)
);

insert into fax.quality_class values ('good', 0.05), ('poor', 0.15), ('bad', null);

comment on table fax.quality_class is 'Page quality by the share of bad lines, as spandsp judges it (t30.c, copy_quality): a reference table; a page is of the first class whose limit it stays below.';
comment on column fax.quality_class.quality is 'Name of the class: good, poor, bad.';
comment on column fax.quality_class.bad_line_ratio_below is 'Bad lines by lines of the page (a ratio, estimated) below which a page is of this class. NULL: no limit, the last class.';
