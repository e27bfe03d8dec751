"""faxstore against real Asterisk servers: `make test-asterisk`.

Asterisk 22 and 16 are downloaded once from the Debian mirror of this machine's apt sources (50 MB) and unpacked in
$FAXSTORE_ASTERISK_DIR, else faxstore-asterisk in the user's cache folder.  Nothing is installed and root is not
needed.  The servers listen on 127.0.0.1 only and fax themselves; what their own dialplan logs is the truth.
"""
