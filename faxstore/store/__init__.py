"""The store: the only edge to the database.

`database` connects, checks the schema version and turns database errors into one line; `rights` words missing rights;
`embedded` runs the embedded server; `migrate` creates and upgrades the schema; `append` is the only way into the
history.  The store knows records, never AMI.
"""
