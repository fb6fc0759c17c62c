"""How fast data sets are judged, beside ONNX Runtime alone, and how time and memory grow with them.

    make bench-evaluate            (minutes; not part of make bench or CI)

A folder of made crops is cycled by a manifest. A real network shows what is left of the bare speed of ONNX
Runtime on numbers that lie ready in memory, measured in turns in the same run; a network that does next to
nothing shows what everything around it costs, from 1,000 to 100,000 entries.
"""

from __future__ import annotations

import argparse
import csv
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import PIL.Image

from liveness.classify import usable_cores
from liveness.config import CropConfig, InputConfig, ModelInfo
from liveness.crop import normalise
from liveness.data.samples import load_dataset
from liveness.measure.evaluate import evaluate
from liveness.measure.judging import BATCH
from liveness.modelfile import default_model, load_info
from liveness.systems import System, load_system

CROPS, SIDE = 1000, 200


def make_crops(folder: Path) -> list[str]:
    """Noise at several scales as JPEG: about as large a file as a face of this size."""
    rng = np.random.default_rng(0)
    names = []
    for number in range(CROPS):
        small = rng.integers(0, 256, (SIDE // 8, SIDE // 8, 3), dtype=np.uint8)
        picture = PIL.Image.fromarray(small).resize((SIDE, SIDE), PIL.Image.Resampling.BICUBIC)
        names.append(f"{number:04}.jpg")
        picture.save(folder / names[-1], quality=92)
    return names


def write_manifest(folder: Path, names: list[str], entries: int) -> Path:
    path = folder / f"manifest-{entries}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "pai_species", "left", "top", "right", "bottom"])
        for number in range(entries):
            live = number % 2 == 0
            row = ["bona_fide", ""] if live else ["attack", "print"]
            writer.writerow([names[number % len(names)], *row, 50, 50, 150, 150])
    return path


def small_model(folder: Path) -> Path:
    """A network that averages its input: next to no work."""
    import onnx
    from onnx import TensorProto, helper

    from liveness.modelfile import write_info

    info = ModelInfo("mean", 0.5, "none", input=InputConfig(CropConfig(margin=2.0, size=64)), output="score")
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["m"], keepdims=0, axes=[1, 2, 3]),
        helper.make_node("Sigmoid", ["m"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "mean",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3, 64, 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch"])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=10)
    write_info(model, info)
    onnx.save(model, folder / "mean.onnx")
    return folder / "mean.onnx"


def judged(system: System, manifest: Path) -> float:
    """Pictures a second, from reading the manifest to the rates."""
    started = time.perf_counter()
    samples = load_dataset(manifest).samples
    work = evaluate([system], samples)
    while True:
        try:
            next(work)
        except StopIteration as end:
            end.value.scored.report()
            return len(samples) / (time.perf_counter() - started)


def bare(model: Path, cores: int | None, batch: int) -> Callable[[int], float]:
    """Measures ONNX Runtime alone: a number of pictures -> pictures a second.

    cores: None is one caller with ONNX Runtime's own settings, which share a batch among all cores; a number
    is so many callers at once, each on one core.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1 if cores else 0
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    info = load_info(model).input
    shape = (batch, *info.crop.pixels, 3)
    ready: Any = normalise(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8), info)
    name = session.get_inputs()[0].name
    session.run(None, {name: ready})

    def measure(pictures: int) -> float:
        rounds = max(1, pictures // batch)
        with ThreadPoolExecutor(cores or 1) as pool:
            started = time.perf_counter()
            list(pool.map(lambda _: session.run(None, {name: ready}), range(rounds)))
            return rounds * batch / (time.perf_counter() - started)

    return measure


def show_ratio(model: Path, manifest: Path, pictures: int, turns: int) -> None:
    """Evaluation beside the bare network, in turns, and the median of the turns."""
    ways = {
        "ONNX Runtime, its own settings": bare(model, None, 32),
        "ONNX Runtime, one caller a core": bare(model, usable_cores(), BATCH),
    }
    system = load_system(model, threads=1)
    judged(system, manifest)  # the first one warms files and memory
    rates: dict[str, list[float]] = {name: [] for name in (*ways, "liveness evaluate")}
    for _ in range(turns):
        for name, measure in ways.items():
            rates[name].append(measure(pictures))
        rates["liveness evaluate"].append(judged(system, manifest))
    own = rates["liveness evaluate"]
    for name, found in rates.items():
        share = statistics.median(mine / other for mine, other in zip(own, found))
        each = " ".join(f"{rate:.1f}" for rate in found)
        print(f"{name}: {each} pictures/s; evaluate reaches {share:.0%} of it", flush=True)


def show_growth(folder: Path, names: list[str], sizes: list[int]) -> None:
    """Speed and peak memory with the small network. Ascending, as the peak is that of the process so far, and
    before the real network, whose layers take more than all the rest."""
    tiny = load_system(small_model(folder), threads=1)
    for entries in sorted(sizes):
        rate = judged(tiny, write_manifest(folder, names, entries))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{entries} entries, small network: {rate:.0f}/s, at most {memory:.0f} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--entries", type=int, nargs="*", default=[1000, 10_000, 100_000], help="sizes of the manifest"
    )
    parser.add_argument("--model", type=Path, default=default_model(), help="the real network")
    parser.add_argument("--pictures", type=int, default=960, help="judged by the real network in each turn")
    parser.add_argument("--turns", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="liveness-measure-") as name:
        folder = Path(name)
        names = make_crops(folder)
        show_growth(folder, names, args.entries)
        show_ratio(args.model, write_manifest(folder, names, args.pictures), args.pictures, args.turns)


if __name__ == "__main__":
    main()
