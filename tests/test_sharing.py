"""Rows kept packed come back as they were, in any order, and take little room."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from liveness.sharing import Packed
from liveness.types import Box, Label, Sample


def test_packed_rows_are_the_same_rows() -> None:
    rows = [
        Sample(Path(f"a/{i:04}.png"), Label.ATTACK, "print", box=Box(i / 3, 0, 200, 100), extra={"tone": "I"})
        for i in range(700)
    ]
    packed = Packed(rows)
    assert len(packed) == 700
    assert packed == rows
    assert packed == Packed(rows)
    assert packed != rows[:-1]
    assert packed != [*rows[:-1], rows[0]]
    assert [packed[i] for i in (0, 255, 256, 511, 512, 699, -1, -700)] == [
        rows[i] for i in (0, 255, 256, 511, 512, 699, -1, -700)
    ]
    assert packed[250:260] == rows[250:260]
    for index in (700, -701):
        with pytest.raises(IndexError):
            packed[index]
    assert rows[650] in packed
    assert sum(map(len, packed._chunks)) < len(pickle.dumps(rows[:512])) / 2


def test_packed_rows_can_be_added_while_they_are_read() -> None:
    packed = Packed(range(300))
    assert packed[299] == 299
    packed.append(300)
    assert (packed[10], packed[300], len(packed)) == (10, 300, 301)
