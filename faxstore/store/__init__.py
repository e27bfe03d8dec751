"""The store: schema, append, the embedded server.  It knows records, never AMI."""
