"""MTCNN (Zhang et al., 2016) as facenet-pytorch ships it: weights inside the package, works offline."""

from __future__ import annotations

from liveness.detect.base import ShrinkingDetector
from liveness.types import Box, Face, Image, Landmarks


class Mtcnn(ShrinkingDetector):
    """The default detector.

    factor: from one size of the search to the next; nearer to 1 is slower and misses less.
    thresholds: of the three networks in turn.
    """

    def __init__(
        self,
        longest: int = 640,
        min_face: float = 0.1,
        min_score: float = 0.8,
        factor: float = 0.709,
        thresholds: tuple[float, float, float] = (0.6, 0.7, 0.7),
    ) -> None:
        super().__init__(longest, min_face, min_score)
        # torch takes seconds to import: only who builds this detector waits for it.
        import torch
        from facenet_pytorch import MTCNN
        from facenet_pytorch.models.utils.detect_face import detect_face

        self._torch = torch
        self._networks = MTCNN(keep_all=True, device="cpu").eval()
        self._cascade = detect_face
        self._factor = factor
        self._thresholds = list(thresholds)

    def _find(self, image: Image, smallest: float) -> list[Face]:
        networks = self._networks
        # MTCNN.detect keeps the smallest size in the object, which threads share: its own function does not.
        with self._torch.inference_mode():
            boxes, points = self._cascade(
                image,
                smallest,
                networks.pnet,
                networks.rnet,
                networks.onet,
                self._thresholds,
                self._factor,
                networks.device,
            )
        faces = []
        for (left, top, right, bottom, score), marks in zip(boxes[0].tolist(), points[0].tolist()):
            if score >= self.min_score and right > left and bottom > top:
                landmarks = Landmarks(*((x, y) for x, y in marks))
                faces.append(Face(Box(left, top, right, bottom), min(score, 1.0), landmarks))
        return faces
