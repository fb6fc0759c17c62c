"""Our cascade around facenet-pytorch's networks finds what facenet-pytorch's own finds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from liveness.detect import build_detector
from liveness.types import Box, Image


@pytest.mark.parametrize("turn", [lambda a: a, lambda a: a[:, ::-1], lambda a: a[20:300, 60:380]])
def test_agrees_with_the_cascade_of_the_package(astronaut: Image, turn) -> None:
    from facenet_pytorch import MTCNN

    image = np.ascontiguousarray(turn(astronaut))
    smallest = 0.1 * min(image.shape[:2])
    theirs = MTCNN(keep_all=True, min_face_size=smallest).detect(image, landmarks=True)
    ours = build_detector("mtcnn", longest=640, min_face=0.1, thresholds=(0.6, 0.7, 0.7))(image)
    assert len(ours) == len(theirs[0]) == 1
    box = Box(*map(float, theirs[0][0]))
    assert ours[0].box.overlap(box) > 0.85
    assert ours[0].score == pytest.approx(float(theirs[1][0]), abs=0.02)
    assert ours[0].landmarks is not None
    apart = np.abs(np.array(ours[0].landmarks.points()) - theirs[2][0]).max()
    assert apart < 0.06 * box.width


def test_torch_keeps_its_threads(astronaut: Image) -> None:
    import torch

    detect = build_detector("mtcnn")
    before = torch.get_num_threads()
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(detect, [astronaut] * 6))
        assert set(pool.map(lambda _: torch.get_num_threads(), range(8))) == {before}
    detect(astronaut)
    assert torch.get_num_threads() == before
    with ThreadPoolExecutor(1) as fresh:
        assert fresh.submit(torch.get_num_threads).result() == before
