"""Sessions: decides which fax session a record belongs to.  No I/O."""
