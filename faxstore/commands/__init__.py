"""The commands: one thin module per command or group of commands, without logic of its own.

Each module imports what its command needs when the command runs, so that `faxstore --help` does not load a database
driver.  faxstore/cli.py registers the commands.
"""
