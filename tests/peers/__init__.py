"""Programs that faxstore exports for read its files: `make test-peers`.

HylaFAX's hylafax-server (1 MB) is downloaded once from the Debian mirror of this machine's apt sources and unpacked in
$FAXSTORE_PEERS_DIR, else in faxstore-peers in the user's cache folder.  Nothing is installed and root is not needed.
"""
