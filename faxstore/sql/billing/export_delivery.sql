-- grain: one batch whose file and manifest were delivered
-- example: select b.consumer, b.batch from fax.export_batch b left join fax.export_delivery d using (consumer, batch) where d.batch is null;
create table fax.export_delivery (
    consumer     text not null,  -- The consumer.
    batch        bigint not null,  -- The batch.
    delivered_at timestamptz not null default clock_timestamp(),  -- When they were delivered, by the database's clock.
    primary key (consumer, batch),
    foreign key (consumer, batch) references fax.export_batch
);

comment on table fax.export_delivery is 'Batches whose file and manifest were delivered. The consumer''s next export delivers those that are missing here.';
