"""What every adapter says of its data set, and the few steps that their readers share.

A reader walks the released folders and list files and gives samples. It opens no picture or video and
copies nothing. Species are named with the same few words in all adapters, so that they can be compared
across data sets; the data set's own, finer word is kept in ``Sample.extra["pai"]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from liveness.data.folders import MEDIA_SUFFIXES, VIDEO_SUFFIXES
from liveness.data.problems import Problem
from liveness.errors import DatasetError
from liveness.frames import PHOTO_SUFFIXES
from liveness.sharing import Packed
from liveness.types import Box, Label, Sample

SPECIES = ("cut", "glasses", "mannequin", "mask-3d", "mask-paper", "print", "replay")
FRAMES = 8
"""Pictures taken from a presentation that is released as a folder of frames, spread evenly."""

VIDEOS_SAMPLED = (
    "One sample a video; frames are spread evenly over it: `--set video_frames=N` in training, `--frames N` "
    "in evaluation (8). Papers differ: some take one random frame a video, some every frame."
)
_NOT_RUN = "Not run on the real release: only on a miniature tree made in this layout."


@dataclass(slots=True)
class Reading:
    """What a reader has found so far."""

    root: Path
    samples: Packed[Sample] = field(default_factory=Packed)
    problems: list[Problem] = field(default_factory=list)

    def add(
        self,
        path: Path,
        label: Label,
        *,
        pai: str = "",
        species: str = "",
        subject: str = "",
        source: str = "",
        split: str = "",
        presentation: str = "",
        kind: str = "",
        box: Callable[[Path], Box | None] | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        """Keep a sample when its file is there, else say which file was looked for.

        pai: the data set's own name of the instrument; box: finds that of the face, asked only where the
        file is there; the others are fields of ``Sample``.
        """
        if not path.is_file():
            self.problems.append(Problem(self.named(path), "there is no such file"))
            return
        attack = label is Label.ATTACK
        self.samples.append(
            Sample(
                path,
                label,
                pai_species=species if attack else "",
                subject=subject,
                source=source,
                split=split,
                presentation=presentation,
                kind=kind,
                box=box(path) if box else None,
                extra={**({"pai": pai} if pai and attack else {}), **(extra or {})},
            )
        )

    def leave_out(self, path: Path, reason: str) -> None:
        self.problems.append(Problem(self.named(path), reason))

    def named(self, path: Path) -> str:
        """The path as the data set has it."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)


Reader: TypeAlias = Callable[[Path, str], Reading]


@dataclass(frozen=True, slots=True)
class Adapter:
    """One data set as it was released.

    protocols: name -> what it is, the first is the default; species: words of SPECIES that occur; tree: what
    is looked for; layout: the public document that the tree was taken from; doubts: what of it could not be
    confirmed; read: (folder, protocol) -> what was found; people: how many each split of the release has,
    where every protocol has them all; checked: on what it was run.
    """

    name: str
    title: str
    citation: str
    licence: str
    tree: str
    protocols: Mapping[str, str]
    species: tuple[str, ...]
    subjects: str
    layout: str
    read: Reader
    people: Mapping[str, int] = field(default_factory=dict)
    doubts: str = ""
    sampling: str = VIDEOS_SAMPLED
    checked: str = _NOT_RUN

    def __call__(self, root: Path, protocol: str = "") -> Reading:
        """Read a folder by a protocol, the default one when none is named.

        People that the copy lacks are counted among the problems. Raises DatasetError when the folder, the
        protocol or a file that everything hangs on is missing.
        """
        if not root.exists():
            raise DatasetError(f"{self.title}: there is nothing at {root}")
        protocol = protocol or next(iter(self.protocols))
        if protocol not in self.protocols:
            raise DatasetError(
                f"{self.title} has no protocol {protocol!r}, it has: {', '.join(self.protocols)}"
            )
        reading = self.read(root, protocol)
        if reading.samples:
            reading.problems[:0] = self._missing_people(reading)
        return reading

    def _missing_people(self, reading: Reading) -> Iterator[Problem]:
        for split, count in self.people.items():
            found = len({s.subject for s in reading.samples if s.split == split})
            if found < count:
                reason = f"{split} has {found} of the {count} people of the release: is the copy whole?"
                yield Problem(reading.named(reading.root), reason)


def need(title: str, root: Path, *names: str) -> Path:
    """The first of these paths below ``root`` that is there. Raises DatasetError naming all of them."""
    for name in names:
        if (root / name).exists():
            return root / name
    raise DatasetError(
        f"{title}: looked for {' or '.join(str(root / name) for name in names)}, it is not there"
    )


def media(folder: Path, videos: bool = True) -> Iterator[Path]:
    """Every video (or picture) below a folder, sorted; hidden files are skipped."""
    suffixes = VIDEO_SUFFIXES if videos else PHOTO_SUFFIXES
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in suffixes and not path.name.startswith("."):
            yield path


def with_stem(folder: Path, stem: str) -> Path:
    """The picture or video with this name, whatever its suffix; one that is not there when there is none."""
    usual = folder / f"{stem}.avi"
    if usual.is_file():  # a folder of thousands is not searched for each line of a list
        return usual
    found = sorted(p for p in folder.glob(f"{stem}.*") if p.suffix.lower() in MEDIA_SUFFIXES)
    return found[0] if found else usual


def spread(items: Sequence[Path], count: int = FRAMES) -> list[Path]:
    """``count`` of the items, spread evenly; all of them when there are fewer."""
    if len(items) <= count:
        return list(items)
    return [items[int((i + 0.5) * len(items) / count)] for i in range(count)]


def lines_of(path: Path) -> list[str]:
    """The lines of a list file, without empty ones."""
    return [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
