"""How often Python searches for objects that only refer to each other.

By default it searches the new objects each time that 700 more exist, and a batch of 2,000 rows makes and drops several
thousand.  faxstore makes few such cycles, so most of these searches find nothing.
"""

from __future__ import annotations

import gc

NEW_OBJECTS = 20_000
"""How many more objects exist before the new ones are searched: a few megabytes."""

SEARCHES_OF_NEW = 20
SEARCHES_OF_OLDER = 100
"""After how many searches the next older objects are searched too."""


def search_rarely() -> None:
    """Search every 20,000 objects instead of every 700, and never the ones that exist now, such as modules.

    Measured by `python -m benchmarks.append_rate --aged 10000000`.
    """
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, SEARCHES_OF_NEW, SEARCHES_OF_OLDER)
