"""How fast data sets are judged, how it grows with them, and what it takes beside the bare network.

    make bench-evaluate            (minutes; not part of make bench or CI)

A folder of made crops is cycled by a manifest; a small network shows what everything around the network
costs, and a real one what is left of the bare speed of ONNX Runtime on crops that lie in memory.
"""

from __future__ import annotations

import argparse
import csv
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import PIL.Image

from liveness.config import CropConfig, InputConfig, ModelInfo
from liveness.data.samples import load_dataset
from liveness.evaluate import evaluate
from liveness.judging import BATCH
from liveness.modelfile import default_model
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
    """Pictures a second, from the first file to the rates."""
    samples = load_dataset(manifest).samples
    started = time.perf_counter()
    work = evaluate([system], samples)
    while True:
        try:
            next(work)
        except StopIteration as end:
            end.value.scored.report()
            return len(samples) / (time.perf_counter() - started)


def bare(system: System, pictures: int) -> float:
    """Pictures a second of the network alone, in the same batches, crops in memory."""
    (member,) = system.members
    size = member.info.input.crop.size
    crops = np.random.default_rng(0).integers(0, 256, (BATCH, size, size, 3), dtype=np.uint8)
    member.score_crops(crops)
    rounds = max(1, pictures // BATCH)
    started = time.perf_counter()
    for _ in range(rounds):
        member.score_crops(crops)
    return rounds * BATCH / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--entries", type=int, nargs="+", default=[1000, 10_000, 100_000], help="sizes of the manifest"
    )
    parser.add_argument("--model", type=Path, default=default_model(), help="the real network")
    parser.add_argument("--pictures", type=int, default=960, help="judged by the real network")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="liveness-measure-") as name:
        folder = Path(name)
        names, tiny = make_crops(folder), load_system(small_model(folder))
        for entries in args.entries:
            rate = judged(tiny, write_manifest(folder, names, entries))
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"{entries} entries, small network: {rate:.0f}/s, at most {memory:.0f} MB", flush=True)
        system, manifest = load_system(args.model), write_manifest(folder, names, args.pictures)
        rates = [(bare(system, args.pictures // 2), judged(system, manifest)) for _ in range(2)]
        for alone, all_ in rates:
            print(f"{args.model.name}: bare {alone:.1f}/s, evaluated {all_:.1f}/s: {all_ / alone:.0%}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
