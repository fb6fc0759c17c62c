"""How fast each stage is: detection, crop, network, matching, drawing, whole photos, clips, training."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.classify import OnnxClassifier, usable_cores
from liveness.config import CropConfig, InputConfig, TrainConfig
from liveness.crop import crop, normalise, window
from liveness.detect import DETECTORS, build_detector
from liveness.draw import draw
from liveness.errors import ModelError
from liveness.live.clips import analyse
from liveness.matching.gallery import Gallery
from liveness.matching.match import ORB, OrbMatcher, describe
from liveness.pipeline import Pipeline
from liveness.stopwatch import FRAMES, Measure, compared, drawn_frame, medians
from liveness.systems import System, load_system
from liveness.training.export import export_int8
from liveness.types import Box, Detector, Face, Frame, Image
from liveness.video import VideoWriter, read_video
from liveness.weights import WEIGHTS, find


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """repeats: of each timing; frames: of the clip; steps: of training; batch: crops a step."""

    repeats: int = 20
    frames: int = 30
    steps: int = 6
    batch: int = 32
    training_size: int = 128
    sizes: tuple[str, ...] = tuple(FRAMES)


def run_bench(model: Path, options: BenchOptions = BenchOptions()) -> Iterator[Measure]:
    """Every measure, as it is taken. Raises ModelError when the model is refused."""
    classifier = OnnxClassifier(model)
    detectors = {name: build_detector(name) for name in DETECTORS if name not in WEIGHTS or find(name)}
    for size in options.sizes:
        image, face = drawn_frame(*FRAMES[size])
        yield from _detect(detectors, image, size, options)
        yield from _crop(classifier, image, face, size, options)
        yield from _match(image, face, size, options)
        yield from _draw(classifier, image, face, size, options)
        yield from _photo(detectors, classifier, image, size, options)
    image, face = drawn_frame(*FRAMES["480p"])
    yield from _classify(classifier, image, face, options)
    yield from _video(detectors, classifier, options)
    yield from _training(options)


def _detect(
    detectors: Mapping[str, Detector], image: Image, size: str, options: BenchOptions
) -> Iterator[Measure]:
    from facenet_pytorch import MTCNN

    plain = MTCNN(keep_all=True, device="cpu")
    ours = {name: lambda d=detect: d(image) for name, detect in detectors.items()}
    yield from compared(
        "detect",
        ours,
        size,
        options.repeats,
        "plain facenet_pytorch.MTCNN",
        lambda: plain.detect(image, landmarks=True),
    )


def _crop(
    classifier: OnnxClassifier, image: Image, face: Face, size: str, options: BenchOptions
) -> Iterator[Measure]:
    settings = replace(classifier.info.input.crop, inner=0.0)  # a window at a time, as the reference
    height, width = image.shape[:2]
    left, top, right, bottom = window(face.box, settings, width, height)
    part = image[max(top, 0) : bottom, max(left, 0) : right]
    ours = {"crop": lambda: crop(image, face.box, settings)}
    bare = lambda: cv2.resize(part, (settings.size, settings.size), interpolation=cv2.INTER_AREA)  # noqa: E731
    yield from compared("crop", ours, size, options.repeats, "bare cv2.resize", bare)


def _match(image: Image, face: Face, size: str, options: BenchOptions) -> Iterator[Measure]:
    """One template enrolled; the reference is plain ORB on the unaligned face of the same size."""
    orb, matcher = cv2.ORB.create(ORB.points), cv2.BFMatcher(cv2.NORM_HAMMING)
    square = crop(image, face.box, CropConfig(margin=1.0, size=ORB.size))
    grey = cv2.cvtColor(square, cv2.COLOR_RGB2GRAY)
    _, known = orb.detectAndCompute(grey, None)

    def bare() -> object:
        return matcher.knnMatch(orb.detectAndCompute(grey, None)[1], known, k=2)

    with tempfile.TemporaryDirectory() as folder:
        gallery = Gallery(str(Path(folder, "gallery.db")))
        template = describe(image, face)
        if template is not None:
            gallery.enrol("Eileen", [template], consent=True)
        ours = OrbMatcher(gallery)
        yield from compared(
            "match", {"ORB": lambda: ours(image, face)}, size, options.repeats, "bare cv2.ORB + kNN", bare
        )
        gallery.close()


def _draw(
    classifier: OnnxClassifier, image: Image, face: Face, size: str, options: BenchOptions
) -> Iterator[Measure]:
    result = Pipeline(lambda _: [face], classifier)(Frame(image))
    yield from compared(
        "draw",
        {"draw": lambda: draw(image, result)},
        size,
        options.repeats,
        "a copy of the picture",
        image.copy,
    )


def _photo(
    detectors: Mapping[str, Detector],
    classifier: OnnxClassifier,
    image: Image,
    size: str,
    options: BenchOptions,
) -> Iterator[Measure]:
    """Photo to verdict, all stages but match and draw."""
    frame = Frame(image)
    pipelines = {name: Pipeline(detect, classifier) for name, detect in detectors.items()}
    ours = {name: lambda p=pipeline: p(frame) for name, pipeline in pipelines.items()}
    yield from compared("photo to verdict", ours, size, options.repeats)


def _classify(
    classifier: OnnxClassifier, image: Image, face: Face, options: BenchOptions
) -> Iterator[Measure]:
    """One face that is already cut: float32, int8 and the peers that are here, beside the bare runtime."""
    settings = classifier.info.input
    cut = crop(image, face.box, settings.crop)[None]
    ready = normalise(cut, settings)
    with tempfile.TemporaryDirectory() as folder:
        small = _int8(classifier, image, face, Path(folder))
        ours: dict[str, Callable[[], object]] = {"float32": lambda: classifier.score_crops(cut)}
        if small is not None:
            ours["int8"] = lambda: small.score_crops(cut)
        for peer in peers():
            made = [peer.cut(image, face.box)]
            ours[peer.name] = lambda p=peer, m=made: p.score(m)  # type: ignore[misc]
        session = bare_session(classifier.path)
        feed = {session.get_inputs()[0].name: ready}
        yield from compared(
            "classify", ours, "", options.repeats, "bare onnxruntime float32", lambda: session.run(None, feed)
        )


def bare_session(path: Path) -> Any:
    """The same file in onnxruntime as it comes, on as many threads."""
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = usable_cores()
    return onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])


def peers() -> list[System]:
    """Published systems whose files LIVENESS_MODELS has, when the checkout's descriptions are here."""
    found = []
    for path in sorted((Path(__file__).resolve().parent.parent / "benchmarks" / "peers").glob("*.json")):
        try:
            found.append(load_system(path))
        except ModelError:
            continue  # not on this machine
    return found


def _int8(classifier: OnnxClassifier, image: Image, face: Face, folder: Path) -> OnnxClassifier | None:
    """The twin beside the model, else one made for the clock alone; None for what is int8 already."""
    beside = classifier.path.with_name(f"{classifier.path.stem}.int8{classifier.path.suffix}")
    if beside.is_file():
        return OnnxClassifier(beside)
    if "int8_speed" in classifier.info.metrics:
        return None
    box = face.box
    moved = [Box(box.left + 3 * i, box.top, box.right + 3 * i, box.bottom) for i in range(16)]
    crops = np.stack([crop(image, place, classifier.info.input.crop) for place in moved])
    return OnnxClassifier(export_int8(classifier.path, folder / "int8.onnx", crops).path)


def _video(
    detectors: Mapping[str, Detector], classifier: OnnxClassifier, options: BenchOptions
) -> Iterator[Measure]:
    """A clip from file to annotated file; the reference decodes and judges alone."""
    image, _ = drawn_frame(*FRAMES["480p"])
    with tempfile.TemporaryDirectory() as folder:
        clip, out = Path(folder, "clip.mp4"), Path(folder, "out")
        out.mkdir()
        with VideoWriter(clip, 25) as writer:
            for index in range(options.frames):
                writer.write(np.roll(image, index % 20, axis=1))
        for name, detect in detectors.items():
            pipeline = Pipeline(detect, classifier)
            calls = {
                name: lambda p=pipeline: [None for _ in analyse(clip, p, save=out)],
                "decode and judge": lambda p=pipeline: [p(frame) for frame in read_video(clip)],
            }
            found = medians(calls, 1)
            rate, bare = (options.frames * 1000 / found[key] for key in calls)
            yield Measure(
                "video", name, "480p", rate, "frames/s", options.frames, "decode and judge", rate / bare
            )


def _training(options: BenchOptions) -> Iterator[Measure]:
    """Steps of ResNet-18 as training takes them; the reference is a plain float32 loop in torch."""
    import torch

    from liveness.training.engine import Engine
    from liveness.training.loader import Batch
    from liveness.training.network import build

    size, count = options.training_size, options.batch
    settings = InputConfig(CropConfig(size=size))
    rng = np.random.default_rng(0)
    crops: NDArray[np.uint8] = rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8)
    labels = (np.arange(count) % 2).astype(np.float32)
    batch = Batch(crops, normalise(crops, settings), labels)
    engine = Engine(build("resnet18"), replace(TrainConfig(), input=settings, batch=count), options.steps + 1)
    network = build("resnet18").train()
    optimiser = torch.optim.AdamW(network.parameters())
    inputs, targets = torch.from_numpy(batch.inputs), torch.from_numpy(labels)

    def plain() -> None:
        optimiser.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(network(inputs)[:, 0], targets)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()

    found = medians({"ours": lambda: engine.learn(batch), "plain": plain}, options.steps)
    rate, bare = (count * 1000 / found[key] for key in ("ours", "plain"))
    what = f"resnet18, {size} px, {engine.precision}, batches of {count}"
    yield Measure(
        "training", what, "", rate, "images/s", options.steps, "a plain float32 torch loop", rate / bare
    )
