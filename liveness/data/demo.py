"""The demo data set: drawn faces and one public-domain photograph, with simulated prints and replays.

It lets training, export and the app be tried at once and offline. It teaches nothing about real
attacks, and its manifest and README say so.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from skimage import data

from liveness.data.attacks import recapture, simulate_print, simulate_replay
from liveness.data.faces import draw_face, random_person
from liveness.errors import DatasetError
from liveness.types import Box, Image, Label, Landmarks

SIZE = 320
SHOTS = 3
ATTACKS_EACH = 2
# Of five neighbouring people three train, one serves dev, one test: no person is on two sides.
_SPLITS = ("train", "train", "train", "dev", "test")
_BOX = ("left", "top", "right", "bottom")
_POINTS = ("eye1", "eye2", "nose", "mouth1", "mouth2")
COLUMNS = (
    *("path", "label", "pai_species", "subject", "source", "split", "presentation", "kind", "simulated"),
    *_BOX,
    *(f"{point}_{axis}" for point in _POINTS for axis in "xy"),
)
Shot = tuple[Image, Box, Landmarks]

_README = """# Demo data set: simulated

Made by `liveness dataset demo` with seed {seed}: {people} drawn people and one photograph, the
public-domain portrait of an astronaut that scikit-image ships. Every picture passed a simulated camera.
The attacks (species print and replay) are made by software from the live pictures; nothing here was
printed, shown on a screen or photographed.

In manifest.csv the column `simulated` says yes where the person is drawn or the attack is made by
software: everywhere but in the astronaut's live pictures.

Use it to try training, export and the app. A model trained on it knows these simulations and nothing
about real attacks: do not put its rates beside those of any other model.
"""


@dataclass(frozen=True, slots=True)
class _Item:
    """One picture to be: who, what, and where the face is."""

    image: Image
    label: Label
    species: str
    name: str
    subject: str
    source: str
    split: str
    simulated: str
    box: Box
    landmarks: Landmarks

    @property
    def path(self) -> str:
        folder = f"live/{self.subject}" if self.label is Label.BONA_FIDE else f"spoof/{self.species}"
        return f"{self.split}/{folder}/{self.name}.jpg"


def make_demo(
    folder: Path | str,
    people: int = 60,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Make the demo data set and return its folder.

    people: drawn people, at least 5, each with 3 live pictures, 2 prints and 2 replays; the same seed
    makes the same pictures. progress: called with (people done, people in all). The folder appears
    whole or not at all. Raises DatasetError when it exists and is not empty, or for too few people.
    """
    folder = Path(folder)
    if people < len(_SPLITS):
        raise DatasetError(f"a demo data set needs at least {len(_SPLITS)} people, got {people}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DatasetError(f"{folder} exists and is not empty: name a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent))
    try:
        _fill(part, people, seed, progress or (lambda done, total: None))
        part.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def _fill(folder: Path, people: int, seed: int, progress: Callable[[int, int], None]) -> None:
    """Pictures, manifest and README into an empty folder."""
    (folder / "README.md").write_text(_README.format(seed=seed, people=people), encoding="utf-8")
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        # One generator a person: how many people there are changes nobody's pictures.
        for number in range(people + 1):
            rng = np.random.default_rng((seed, number))
            for item in _astronaut(rng) if number == 0 else _drawn(number, rng):
                _save(folder / item.path, item.image)
                rows.writerow(_row(item))
            progress(number, people)


def _drawn(number: int, rng: np.random.Generator) -> Iterator[_Item]:
    """The pictures of one drawn person."""
    person = random_person(rng)
    shots = [draw_face(rng, SIZE, person) for _ in range(SHOTS)]
    group = (number - 1) % len(_SPLITS)
    yield from _items(shots, f"person-{number:03}", f"drawn-{group + 1}", _SPLITS[group], "yes", rng)


def _astronaut(rng: np.random.Generator) -> Iterator[_Item]:
    """Pictures of the astronaut at several distances."""
    image = np.asarray(data.astronaut(), dtype=np.uint8)  # type: ignore[no-untyped-call]
    marks = Landmarks((200.0, 102.0), (247.0, 102.5), (220.5, 124.5), (198.5, 143.0), (239.5, 143.5))
    box = Box(178.0, 63.0, 268.0, 176.0)
    shots = [_framed(image, box, marks, side) for side in (228, 260, 300)]
    yield from _items(shots, "astronaut", "astronaut", "train", "no", rng)


def _framed(image: Image, box: Box, marks: Landmarks, side: int) -> Shot:
    """The square of the picture with the given side in which the face is at the usual place."""
    left, top = round(box.centre[0] - side / 2), max(0, round(box.centre[1] - side / 2))
    cut = cv2.resize(image[top : top + side, left : left + side], (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    scale = SIZE / side
    move = (scale, scale, -left * scale, -top * scale)
    return np.asarray(cut, dtype=np.uint8), box.mapped(*move), marks.mapped(*move)


def _items(
    shots: list[Shot], subject: str, source: str, split: str, simulated: str, rng: np.random.Generator
) -> Iterator[_Item]:
    """Every shot live, and the first of them attacked: the same person in the same room on both sides."""

    def item(shot: Shot, image: Image, species: str, i: int) -> _Item:
        label = Label.ATTACK if species else Label.BONA_FIDE
        name = f"{subject}-{species or 'live'}-{i + 1}"
        made = "yes" if species else simulated
        return _Item(image, label, species, name, subject, source, split, made, *shot[1:])

    for i, shot in enumerate(shots):
        # Half of them pass two cameras, as every attack does.
        image = recapture(shot[0], rng) if rng.random() < 0.5 else shot[0]
        yield item(shot, recapture(image, rng), "", i)
    for i, shot in enumerate(shots[:ATTACKS_EACH]):
        yield item(shot, simulate_print(shot[0], rng), "print", i)
        yield item(shot, simulate_replay(shot[0], rng), "replay", i)


def _row(item: _Item) -> list[str]:
    numbers = (*item.box.as_tuple(), *(value for point in item.landmarks.points() for value in point))
    return [
        item.path,
        item.label.value,
        item.species,
        item.subject,
        item.source,
        item.split,
        item.name,
        "frame",
        item.simulated,
        *(f"{number:.1f}" for number in numbers),
    ]


def _save(path: Path, image: Image) -> None:
    """One JPEG. Raises DatasetError when it cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    if not cv2.imwrite(str(path), bgr, [cv2.IMWRITE_JPEG_QUALITY, 92]):
        raise DatasetError(f"{path} could not be written: is the disk full?")
