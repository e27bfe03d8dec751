"""`python -m faxstore` is `faxstore`."""

from faxstore.cli import main

main()
