-- grain: one value by which figures group faxes, and which an erasure removed from at least one of them
-- example: select kind, count(*), count(value) as with_value from fax.pseudonym group by kind;
-- The pseudonym is random. While a fax that was not erased has the value, erased and other faxes stay in one group.
-- fax.keep_keys() deletes the value with the last one, and then nothing leads from the pseudonym to it.
create table fax.pseudonym (
    pseudonym uuid primary key default gen_random_uuid(),  -- The pseudonym, drawn at random.
    kind      text not null check (kind in ('job', 'peer')),  -- What the value identifies: job (fax.job_subject) or peer (fax.peer).
    value     text  -- The value (personal). NULL once no fax has it any more.
);

-- Values from the wire can be of any length; entries of a B-tree cannot.
create index pseudonym_value on fax.pseudonym using hash (value);

comment on table fax.pseudonym is 'Pseudonyms for erased values by which fax.jobs and fax.quality() group faxes. Maintained by erasures; readable for fax_owner only.';
