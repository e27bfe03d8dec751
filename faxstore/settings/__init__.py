"""Settings: faxstore.toml, environment variables and options, checked before anything connects."""
