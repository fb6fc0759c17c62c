"""The Train tab's look for leaks and shortcuts: the handler and what it shows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from liveness.errors import DatasetError
from liveness.ui.dataquality import look_through, report
from tests.data.adapters.trees import Tree


def test_a_copy_under_both_labels_is_shown(tmp_path: Path) -> None:
    Tree(tmp_path).pictures(["train/live/anna/a.png", "test/live/ben/<b>.png"])
    target = tmp_path / "test" / "spoof" / "print" / "c.png"
    target.parent.mkdir(parents=True)
    shutil.copy(tmp_path / "train" / "live" / "anna" / "a.png", target)
    told: list[tuple[int, int]] = []
    found = look_through(f" {tmp_path} ", lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    page = report(found)
    assert 'class="lw-note warn"' in page
    assert "The same picture under both labels" in page
    assert "&lt;b&gt;.png" in page
    assert "<b>" not in page


def test_faces_by_class_are_a_table(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.pictures(["a.png", "b.png"])
    box = ",16,16,48,48"
    tree.text("manifest.csv", ["path,label,left,top,right,bottom", f"a.png,live{box}", f"b.png,attack{box}"])
    page = report(look_through(str(tmp_path), lambda done, total: None))
    assert "<th scope=row>face size, pixels</th>" in page
    assert "----" not in page


def test_nothing_named_is_refused() -> None:
    with pytest.raises(DatasetError, match="name a data set first"):
        look_through(" ", lambda done, total: None)
