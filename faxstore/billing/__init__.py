"""The billing ledger: every ended fax is exported exactly once per consumer, in numbered batches, with corrections.

A batch is fixed in the database before its file appears (ledger, delivery).  The file has a versioned format (formats,
lines, usage_events) and a manifest beside it (manifest).  `faxstore verify` checks the ledger (verification), and
`faxstore billing check` compares it with delivered files after a restore (delivered, parsing, check).  SQL functions
decide what is due and what changed (fax.export_due); no total is computed here.
"""
