-- grain: one epoch of the rows of a batch, in the array that fax.append() receives
create type fax.appended_epoch as (
    epoch_id     uuid,  -- The epoch.
    last_seen_at timestamptz  -- Latest observation of it in the batch.
);

comment on type fax.appended_epoch is 'One epoch of the rows of a batch, as fax.append() receives it.';
