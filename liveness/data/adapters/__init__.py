"""Data sets as they were released: one small file each, read in place, nothing copied.

A data set is named to every command as ``NAME:PATH`` or, with one of its protocols, ``NAME@PROTOCOL:PATH``,
for example ``oulu-npu@1:/data/OULU``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from liveness.data.adapters import (
    casia_fasd,
    casia_surf,
    cefa,
    celeba_spoof,
    generic,
    lcc_fasd,
    msu_mfsd,
    nuaa,
    oulu_npu,
    replay_attack,
    replay_mobile,
    rose_youtu,
    siw,
    wmca,
)
from liveness.data.adapters.base import Adapter as Adapter
from liveness.data.adapters.base import Reading
from liveness.errors import DatasetError

_LISTED = (
    *(celeba_spoof, casia_fasd, casia_surf, cefa, lcc_fasd, msu_mfsd, nuaa, oulu_npu),
    *(replay_attack, replay_mobile, rose_youtu, siw, wmca),
)
ADAPTERS: Mapping[str, Adapter] = {
    adapter.name: adapter
    for adapter in sorted((module.ADAPTER for module in _LISTED), key=lambda adapter: adapter.name)
} | {adapter.name: adapter for adapter in (generic.FOLDER, generic.MANIFEST, generic.IMAGEFOLDER)}

_REFERENCE = re.compile(r"(?P<name>[a-z][a-z0-9-]+)(?:@(?P<protocol>[\w-]+))?:(?P<path>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reference:
    """A data set named by its adapter; protocol "" is the adapter's default."""

    adapter: Adapter
    protocol: str
    root: Path

    def __str__(self) -> str:
        protocol = f"@{self.protocol}" if self.protocol else ""
        return f"{self.adapter.name}{protocol}:{self.root}"

    def read(self) -> Reading:
        """Raises DatasetError when the folder or what everything hangs on is missing."""
        return self.adapter(self.root, self.protocol)


def find_adapter(name: str) -> Adapter:
    """The adapter of this name. Raises DatasetError for an unknown one."""
    if name not in ADAPTERS:
        raise DatasetError(f"there is no adapter {name!r}, only: {', '.join(ADAPTERS)}")
    return ADAPTERS[name]


def parse_reference(text: str) -> Reference | None:
    """``NAME[@PROTOCOL]:PATH``, or None for what is a plain path (a drive letter is one letter).

    Raises DatasetError for an unknown name.
    """
    found = _REFERENCE.fullmatch(text.strip())
    if found is None or Path(text).exists():
        return None
    return Reference(find_adapter(found["name"]), found["protocol"] or "", Path(found["path"]).expanduser())
