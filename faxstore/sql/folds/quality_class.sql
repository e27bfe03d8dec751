-- grain: one quality class of a page
-- example: update fax.quality_class set bad_line_ratio_below = 0.03 where quality = 'good';
create table fax.quality_class (
    quality              text primary key,  -- Name of the class: good, poor, bad.
    bad_line_ratio_below numeric unique check (bad_line_ratio_below > 0)  -- Upper limit of bad lines divided by the estimated lines of the page (a ratio), exclusive. NULL if unlimited (the last class).
);

insert into fax.quality_class values ('good', 0.05), ('poor', 0.15), ('bad', null);

comment on table fax.quality_class is 'Reference table: page quality by the share of bad lines, with spandsp''s limits (t30.c, copy_quality). A page gets the first class whose limit is above its ratio.';
