"""The demonstration: real recordings of Asterisk servers faxing, and a server that plays them.

The recordings are thinned: events that tell nothing of a fax or a channel are left out, and nothing is added.
"""

from __future__ import annotations

from pathlib import Path


def run(data_dir: Path, speed: float = 20.0) -> None:
    """`faxstore demo`: plays the recordings into `faxstore ingest` and shows what came of it.

    data_dir is the demo's own folder, made if it is not there; speed is how many times as quick as recorded
    the recordings are played, at most.  Raises UsageError for a folder with other things in it, FaxstoreError
    where the ingestor failed.
    """
    from faxstore.demo import tour

    tour.run(data_dir, speed)
