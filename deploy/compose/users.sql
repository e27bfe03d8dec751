-- The users of deploy/compose.yaml: the ingestor, which may only append, and Grafana, which may only read.
create user faxstore;
grant fax_ingest to faxstore;
create user grafana;
grant fax_reader to grafana;
