"""What `faxstore ingest` measures of itself, and serves to Prometheus and to health checks.

Each part of the service counts in plain numbers: the collectors of polls (faxstore.ami.poll_figures), the thread of the
spool, and the carrier of appends, of finished faxes and of the state of the database.  `measurements` puts them
together as a Snapshot (faxstore.ingest.snapshot); workers report theirs to the supervisor.  `definitions` lists the
metrics, `exposition` writes them as text, `health` answers health checks, and `endpoint` serves all three.  A scrape
reads numbers only: it waits for no thread, no disk and no database.
"""
