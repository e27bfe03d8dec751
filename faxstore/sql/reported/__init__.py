"""Faxes that other systems reported of themselves, and that faxstore did not observe."""

ORDER = (
    "reported_fax",
    "reported_servers",
    "empty_reported",
)
