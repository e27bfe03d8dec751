"""Reading: lines of one AMI connection become records, for live and recorded input alike.  No I/O."""
