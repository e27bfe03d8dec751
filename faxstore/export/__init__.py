"""Files for other programs: what the views and the billing ledger say, written whole or not at all."""
