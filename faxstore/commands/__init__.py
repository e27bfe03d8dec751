"""The commands, one module each, with a function `run` that the command line calls.

What a command needs is imported when it runs: `faxstore --help` need not wait for a database driver.
"""
