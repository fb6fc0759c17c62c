"""The layers of the package, its walls and its size, read from the source with ``ast``."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

import liveness
from liveness.cli import COMMANDS

ROOT = Path(__file__).resolve().parent.parent

# Every module of the package stands in one of these tables, once.
# The spine is the modules at the top, which everything shares. Each imports only from rows above its own,
# anywhere in its code, and from no room.
SPINE: tuple[tuple[str, ...], ...] = (
    ("errors", "learned", "sharing", "types"),
    ("access", "draw", "frames", "intervals", "jsonable", "results", "stopwatch", "video", "weights"),
    ("config", "metrics"),
    ("crop", "modelfile"),
    ("classify", "quality"),
    ("int8twin", "pipeline", "systems"),
)

# A room imports from the spine and from the rooms named beside it, which stand above it. ``bench`` is a file.
ROOMS: Mapping[str, tuple[str, ...]] = {
    "data": (),
    "detect": (),
    "matching": (),
    "cues": ("matching",),
    "live": ("cues", "detect", "matching"),
    "training": ("data", "detect"),
    "measure": ("data", "detect", "training"),
    "bench": ("detect", "live", "matching", "training"),
    "ui": ("cues", "data", "detect", "live", "matching", "measure", "training"),
    "cli": ("bench", "cues", "data", "detect", "live", "matching", "measure", "training", "ui"),
}

# Inside these rooms a module imports only from rows above its own; inside the others files are free.
INSIDE: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "matching": (
        ("align", "gallerydb", "template"),
        ("gallery", "index"),
        ("match",),
        ("enrolment", "identity"),
    ),
    "live": (
        (
            "cueclip",
            "dot",
            "follow",
            "fusion",
            "light",
            "movements",
            "pose",
            "stream",
            "temporal",
            "timeline",
        ),
        ("challengepolicy", "clips", "cuewatch", "doubt", "expression", "fusionfit"),
        ("challenge",),
        ("activecheck",),
        ("presentation",),
        ("session",),
        ("benchlive",),
    ),
    "training": (
        ("augment", "calibrate", "losses", "options", "runs"),
        ("jobs", "mixing", "network", "parts", "runlogs"),
        ("export", "imitation", "loader"),
        ("teachers",),
        ("engine",),
        ("exportrun", "ledger"),
        ("train",),
        ("sweep",),
    ),
    "measure": (
        ("beforehand", "bootstrap", "figures", "gradcam", "joinframes", "pdf", "recognition", "trivial"),
        ("judging", "saliency", "scored", "shortcuts", "tables"),
        ("curves", "rows"),
        ("benchmark", "compare", "dataquality", "evalfigures", "evaluate"),
        ("evalfolder", "memory", "mistakes", "qualitytext"),
        ("folds", "history", "impostors", "report"),
        ("overlay", "protocols"),
    ),
}

_TORCH = (
    "measure.gradcam",
    *(f"training.{name}" for name in ("engine", "export", "imitation", "losses", "network", "train")),
)

# Who may import a heavy package at all, and who may do so while being imported.
WALLS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ai_edge_litert": (("live.expression",), ()),
    "av": (("video",), ("video",)),
    "facenet_pytorch": (("detect.mtcnn", "bench"), ()),
    "gradio": (("ui",), ("ui",)),
    "onnxruntime": (("classify", "detect.yolov5_face", "training.export", "bench"), ("classify",)),
    "sqlalchemy": (("matching.gallery", "matching.gallerydb"), ("matching.gallery", "matching.gallerydb")),
    "torch": (
        (*_TORCH, "bench", "detect.mtcnn", "training.ledger", "training.loader", "training.runlogs"),
        _TORCH,
    ),
    "torchvision": (("training.network",), ("training.network",)),
}
HEAVY = ("torch", "torchvision", "gradio", "cv2", "onnxruntime", "matplotlib", "sklearn", "sqlalchemy", "av")
LONGEST_FILE = 300


def modules() -> dict[str, Path]:
    """Every module of the package but its root and ``__main__``: dotted name inside the package -> file."""
    found = {}
    for path in sorted((ROOT / "liveness").rglob("*.py")):
        parts = path.relative_to(ROOT / "liveness").with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name not in ("", "__main__"):
            found[name] = path
    return found


MODULES = modules()


def room(name: str) -> str:
    """The room that a module is in; empty for the spine."""
    top = name.split(".")[0]
    return top if top in ROOMS else ""


def place(name: str) -> tuple[str, int | None]:
    """A module's room and its row there; None where files are free."""
    own = room(name)
    if own and own not in INSIDE:
        return own, None
    if name == own:
        return own, -1  # the room's own ``__init__``, which holds a docstring alone
    rows = INSIDE[own] if own else SPINE
    stem = name.removeprefix(f"{own}.")
    return own, next(i for i, names in enumerate(rows) if stem in names)


def may_import(name: str, target: str) -> bool:
    (own, row), (other, below) = place(name), place(target)
    if own != other:
        return not other or other in ROOMS.get(own, ())
    return row is None or below is None or below < row


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path, at_import_time: bool = False) -> Iterator[str]:
    """Dotted names that a file imports; ``from a import b`` gives a and a.b."""
    for node in _nodes(tree(path), at_import_time):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layer"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _nodes(top: ast.AST, at_import_time: bool) -> Iterator[ast.AST]:
    """All nodes, or those that run when the module is imported."""
    for node in ast.iter_child_nodes(top):
        if at_import_time and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if at_import_time and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from _nodes(node, at_import_time)


def test_every_module_has_one_place() -> None:
    placed = [name for row in SPINE for name in row]
    placed += [f"{inside}.{name}" for inside, rows in INSIDE.items() for row in rows for name in row]
    placed += ROOMS
    assert len(placed) == len(set(placed))
    there = {name if room(name) in ("", *INSIDE) else room(name) for name in MODULES}
    assert there - set(placed) == set(), "not in the tables"
    assert set(placed) - there == set(), "in a table, but no such module"


def test_rooms_are_built_on_those_above_them() -> None:
    for i, (name, below) in enumerate(ROOMS.items()):
        assert set(below) <= set(list(ROOMS)[:i]), name


def test_rooms_with_rows_hold_nothing_themselves() -> None:
    for name in (*INSIDE, "data"):
        assert [type(node) for node in tree(MODULES[name]).body] == [ast.Expr], name


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_downwards(name: str) -> None:
    for target in imported(MODULES[name]):
        inside = target.removeprefix("liveness.")
        if target == inside or inside not in MODULES or inside == name:
            continue
        assert may_import(name, inside), f"{name} imports {inside}, which is not below it"


@pytest.mark.parametrize("package", [*INSIDE, "spine"])
def test_an_import_upward_or_sideways_is_found(package: str) -> None:
    rows = INSIDE.get(package, SPINE)
    first, last = (f"{package}.{row[0]}".removeprefix("spine.") for row in (rows[0], rows[-1]))
    beside = f"{package}.{rows[0][1]}".removeprefix("spine.")
    assert may_import(last, first)
    assert not may_import(first, last)
    assert not may_import(first, beside)
    assert not may_import(first, "ui.live")


def test_rooms_side_by_side_are_apart() -> None:
    assert not may_import("live.session", "training.network")
    assert not may_import("training.train", "live.fusion")
    assert not may_import("measure.report", "live.clips")
    assert not may_import("matching.match", "detect")
    assert not may_import("pipeline", "matching.match")
    assert may_import("measure.protocols", "training.train")


@pytest.mark.parametrize("package", WALLS)
def test_heavy_packages_stay_behind_their_walls(package: str) -> None:
    anywhere, on_import = WALLS[package]
    for name, path in MODULES.items():
        for lazily, allowed in ((False, on_import), (True, anywhere)):
            found = any(t.split(".")[0] == package for t in imported(path, at_import_time=not lazily))
            if found:
                assert {name, room(name)} & set(allowed), f"{name} must not import {package}"


def test_no_file_is_long() -> None:
    files = [
        *MODULES.values(),
        ROOT / "app.py",
        *(ROOT / "tests").rglob("*.py"),
        *(ROOT / "tools").glob("*.py"),
    ]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in files}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [name for name, path in MODULES.items() if not ast.get_docstring(tree(path))]
    assert silent == []


def test_public_names_are_sorted_and_load() -> None:
    listed = list(liveness._PUBLIC)
    assert listed == sorted(listed)
    assert liveness.__all__ == listed
    for name in listed:
        assert getattr(liveness, name).__module__.startswith("liveness."), name


def test_all_is_sorted_where_a_module_has_it() -> None:
    for name, path in MODULES.items():
        for node in tree(path).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                names = ast.literal_eval(node.value)
                assert names == sorted(names), name


def test_commands_are_sorted_and_there() -> None:
    assert list(COMMANDS) == sorted(COMMANDS)
    there = {path.stem for path in (ROOT / "liveness" / "cli").glob("*.py")}
    for name in COMMANDS:
        assert name in there
        assert callable(importlib.import_module(f"liveness.cli.{name}").add_parser)


@pytest.mark.parametrize("statement", ["main(['--help'])", "build_parser()"])
def test_help_loads_nothing_heavy(statement: str) -> None:
    code = (
        "import contextlib, io, json, sys\n"
        "from liveness.cli import build_parser, main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        f"    {statement}\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert set(json.loads(done.stdout)) & set(HEAVY) == set()
