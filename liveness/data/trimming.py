"""A cache of many files that stays below a size by itself: what was used longest ago goes first."""

from __future__ import annotations

import os
import time
from pathlib import Path

from liveness.errors import InputError

_DEFAULT_GIGABYTES = 20.0
IN_USE_SECONDS = 3 * 86_400.0  # a training reads its files for as long as it runs, and says so only once


def most_bytes() -> int:
    """How large the cache of regions may grow: LIVENESS_CACHE_GB, else 20. Raises InputError."""
    text = os.environ.get("LIVENESS_CACHE_GB", "")
    try:
        gigabytes = float(text) if text else _DEFAULT_GIGABYTES
    except ValueError:
        gigabytes = -1.0
    if not gigabytes >= 0:
        raise InputError(f"LIVENESS_CACHE_GB is a number of gigabytes, got {text!r}")
    return int(gigabytes * 1e9)


def trim(folder: Path, pattern: str, most: int, in_use: float = IN_USE_SECONDS) -> int:
    """Delete files below a folder, the longest unused first, until ``most`` bytes are left; bytes freed.

    A file counts as used when its time of change was set. Those of the last ``in_use`` seconds stay, even
    where they are more. Another process may delete files meanwhile.
    """
    files = []
    for path in folder.rglob(pattern):
        try:
            about = path.stat()
        except FileNotFoundError:
            continue
        files.append((about.st_mtime, about.st_size, path))
    too_much = sum(size for _, size, _ in files) - most
    freed, newest = 0, time.time() - in_use
    for used, size, path in sorted(files):
        if freed >= too_much or used > newest:
            break
        path.unlink(missing_ok=True)
        freed += size
    return freed
