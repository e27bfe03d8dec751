"""The service that collects and appends, and the importer of recordings.  It computes no totals."""
