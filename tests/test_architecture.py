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

# A module imports only from rows above its own, anywhere in its code. A sub-package is one entry, and
# inside it its files are free. Every module of the package stands here, once.
LAYERS: tuple[tuple[str, ...], ...] = (
    # 0: values and settings
    ("errors", "losses", "types"),
    ("intervals", "jsonable"),
    ("config",),
    ("options",),
    # 1: pictures, clips, crops, rates, files
    (
        "access",
        "align",
        "crop",
        "draw",
        "frames",
        "gallerydb",
        "modelfile",
        "pose",
        "results",
        "stream",
        "template",
        "trimming",
        "video",
        "weights",
    ),
    ("dot", "gallery", "index", "light", "metrics", "movements", "quality", "stopwatch", "temporal"),
    ("asking", "expression"),
    ("challenge",),
    ("active",),
    ("calibrate",),
    # 2: faces found, scored, named; data sets; networks
    (
        "classify",
        "cues",
        "data",
        "detect",
        "joining",
        "match",
        "network",
        "recognition",
        "spread",
        "trivial",
    ),
    ("scored", "shortcuts", "tables"),
    ("compare",),
    # 3: a frame judged; a clip; what training and export are made of
    (
        "augment",
        "boxcache",
        "cueclip",
        "fastest",
        "follow",
        "gradcam",
        "identity",
        "pipeline",
        "prepare",
        "runs",
        "systems",
        "timeline",
    ),
    ("cuewatch", "fusion", "presentation"),
    ("session",),
    ("clips", "dataquality", "export", "fusionfit", "judging", "loader", "parts", "runlogs", "saliency"),
    ("engine", "qualitytext", "teachers"),
    ("ledger",),
    ("train",),
    ("sweep",),
    # 4 and 5: whole data sets, child processes, figures, comparisons
    ("enrolment", "evaluate", "figures", "handover", "jobs"),
    ("bench", "benchlive", "benchmark", "evalfigures", "evalfolder", "mistakes", "pdf"),
    ("history", "impostors"),
    ("folds", "report"),
    ("protocols",),
    # 6: doors
    ("ui",),
    ("cli",),
)
PACKAGES = ("cli", "cues", "data", "detect", "ui")

# Who may import a heavy package at all, and who may do so while being imported.
WALLS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ai_edge_litert": (("expression",), ()),
    "av": (("video",), ("video",)),
    "facenet_pytorch": (("detect.mtcnn", "bench"), ()),
    "gradio": (("ui",), ("ui",)),
    "onnxruntime": (("classify", "detect.yolov5_face", "export", "bench"), ("classify",)),
    "sqlalchemy": (("gallery", "gallerydb"), ("gallery", "gallerydb")),
    "torch": (
        (
            "network",
            "losses",
            "engine",
            "train",
            "export",
            "ledger",
            "detect.mtcnn",
            "bench",
            "loader",
            "gradcam",
            "runlogs",
        ),
        ("network", "losses", "engine", "train", "export", "gradcam"),
    ),
    "torchvision": (("network",), ("network",)),
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


def unit(name: str) -> str:
    """The entry of the table that a module falls under."""
    top = name.split(".")[0]
    return top if top in PACKAGES else name


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
    placed = [name for row in LAYERS for name in row]
    assert len(placed) == len(set(placed))
    there = {unit(name) for name in MODULES}
    assert there - set(placed) == set(), "not in the table of layers"
    assert set(placed) - there == set(), "in the table, but no such module"


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_downwards(name: str) -> None:
    row = {entry: i for i, names in enumerate(LAYERS) for entry in names}
    own = unit(name)
    for target in imported(MODULES[name]):
        inside = target.removeprefix("liveness.")
        if target == inside or inside not in MODULES or unit(inside) == own:
            continue
        assert row[unit(inside)] < row[own], f"{name} imports {inside}, which is not below it"


@pytest.mark.parametrize("package", WALLS)
def test_heavy_packages_stay_behind_their_walls(package: str) -> None:
    anywhere, on_import = WALLS[package]
    for name, path in MODULES.items():
        for lazily, allowed in ((False, on_import), (True, anywhere)):
            found = any(t.split(".")[0] == package for t in imported(path, at_import_time=not lazily))
            if found:
                assert {name, unit(name)} & set(allowed), f"{name} must not import {package}"


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
    silent = [
        name for name, path in MODULES.items() if path.stat().st_size and not ast.get_docstring(tree(path))
    ]
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
