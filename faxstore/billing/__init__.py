"""The billing ledger: batches, corrections and usage events.  It queries the folds and computes no totals."""
