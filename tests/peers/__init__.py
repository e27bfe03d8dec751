"""Programs beside faxstore: those that read its files, a browser, and a connection pooler: `make test-peers`.

What they need is downloaded once to $FAXSTORE_PEERS_DIR, else to faxstore-peers in the user's cache folder: Debian
packages from the mirror of this machine's apt sources (hylafax-server and pgbouncer, 1 MB; a Java, 44 MB; Chromium
with its libraries, 150 MB), which are unpacked only, and Python packages (Polars, pandas; Playwright, 53 MB; Spark, 450
MB).  Nothing is installed and root is not needed.
"""
