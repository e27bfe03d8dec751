-- grain: one deleted row of a block of 256 positions that has rows of other months too, or is not complete
-- example: select position, encode(leaf, 'hex') from fax.dropped_leaf order by position limit 3;
-- Of a block that was dropped as a whole, fax.log_subtree has the root, and no proof of another row needs more.
create table fax.dropped_leaf (
    position bigint primary key,  -- Position of the row in the history.
    month    date not null,  -- Its month (fax.dropped_month).
    leaf     bytea not null check (length(leaf) = 32)  -- Leaf hash of the row in the log.
);

comment on table fax.dropped_leaf is 'Leaf hashes of deleted rows that proofs of remaining rows need. faxstore partitions drop adds rows, and restore removes them.';
