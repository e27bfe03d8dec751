"""Jobs: the attempts at one fax, from the first to the one that succeeded or was the last."""

ORDER = (
    "job_window",
    "sorted_names",
    "file_set",
    "job_subject",
    "job_attempts",
    "jobs_of",
    "jobs",
    "jobs_between",
    "jobs_masked",
)
