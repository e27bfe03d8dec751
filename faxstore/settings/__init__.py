"""The settings of faxstore: faxstore.toml, environment variables and options, checked before anything connects.

`loading.load` reads them, `values` has their types, `secrets` the secrets of servers, `toml_file` the checks of a file,
`period` the period of a query.  docs/reference/settings.md documents them for users.  This room connects to nothing.
"""
