"""The billing ledger: batches of faxes and of corrections, which never change once exported."""

ORDER = (
    "export_batch",
    "exportable_faxes",
    "export_line",
    "export_sums",
    "export_pending",
    "export_delivery",
    "sealed_batches",
    "text_digest",
    "export_personal_digest",
    "export_line_digest",
    "seal_export_line",
    "refuse_export_line_change",
    "erase_export_lines",
    "export_changes",
    "export_due",
    "begin_export_batch",
    "end_export_batch",
    "export_delivered",
    "export_as_of",
)
