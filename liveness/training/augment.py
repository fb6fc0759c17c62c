"""Training crops: another margin, place, colour, blur, noise and compression each time they are seen.

Both classes get the same: what tells the classes apart in a data set but not in the world (brightness,
sharpness, compression, how wide the crop is) must not be learned.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

import cv2
import numpy as np

from liveness.config import AugmentConfig, Border, CropConfig
from liveness.crop import crop, window
from liveness.data.attacks import ATTACKS, recapture
from liveness.data.scenes import before_background, clutter, held_up
from liveness.types import Box, Image

Rng: TypeAlias = np.random.Generator
BORDERS: tuple[Border, ...] = ("reflect", "edge", "grey", "black")
Other: TypeAlias = Callable[[bool], tuple[Image, Box]]
Change: TypeAlias = Callable[[Image, Rng, float], Image]
_WIDE = 3.6  # margin of the picture that several windows are cut from: wider than any of them
_ROOM = 0.6  # a face wider than this share of its surroundings leaves no scene to change
_WIDE_SIZE = 2.25  # its side, times that of a crop: a face keeps the pixels that the closest window shows


def training_crop(
    region: Image, box: Box, live: bool, crop_config: CropConfig, config: AugmentConfig, rng: Rng
) -> tuple[Image, bool]:
    """One random crop, uint8 RGB (size, size, 3), and whether it is still bona fide.

    region: the face and its surroundings, uint8 RGB (height, width, 3); box: the face in its pixels.
    A bona fide crop may have become a simulated attack.
    """
    region, box = _handed_over(region, box, config.tight, rng)
    moved = jittered(box, config.jitter, rng)
    window = _one_window(crop_config, config, rng)
    image = crop(region, _kept_inside(moved, region), window)
    if live:
        image, live = _attacked(image, config.attacks, rng)
    return photographed(image, config.strength, rng), live


def training_views(
    region: Image,
    box: Box,
    live: bool,
    crop_config: CropConfig,
    config: AugmentConfig,
    teachers: Sequence[CropConfig],
    rng: Rng,
    other: Other | None = None,
) -> tuple[Image, tuple[Image, ...], bool]:
    """A random crop, what each teacher sees of the same changed picture, and whether it is bona fide.

    The surroundings are changed first and the windows cut afterwards, so that a teacher judges the blur
    and the colours that the network sees, in the window that it was trained for. other: gives the
    surroundings and box of another picture (a bona fide one if asked), for scenes that take two.
    """
    region, box = _handed_over(region, box, config.tight, rng)
    moved = _kept_inside(jittered(box, config.jitter, rng), region)
    cut = _one_window(crop_config, config, rng)
    image, face = _surroundings(region, moved, crop_config, rng)
    staged = face.width < _ROOM * image.shape[1]  # there is a scene around the face, not the face alone
    if staged and live and other and rng.random() < config.held:
        image, face = held_up(image, face, *_surroundings(*other(True), crop_config, rng), rng)
        live = staged = False
    elif live:
        image, live = _attacked(image, config.attacks, rng)
    if staged and rng.random() < config.clutter:
        image = clutter(image, face, rng)
    if staged and other and rng.random() < config.background:
        image = before_background(image, face, _surroundings(*other(False), crop_config, rng)[0], rng)
    image = changed(image, config.strength, rng)
    return crop(image, face, cut), tuple(crop(image, face, teacher) for teacher in teachers), live


def _surroundings(region: Image, box: Box, crop_config: CropConfig, rng: Rng) -> tuple[Image, Box]:
    """A window wider than any that is cut from it, mirrored or not, and where the face lies in it."""
    size = round(_WIDE_SIZE * crop_config.size)
    wide = replace(crop_config, margin=_WIDE, size=size, border="shift", inner=0.0)
    image, face = crop(region, box, wide), box_in_window(box, region, wide)
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
        face = Box(wide.size - face.right, face.top, wide.size - face.left, face.bottom)
    return image, face


def box_in_window(box: Box, region: Image, config: CropConfig) -> Box:
    """Where a box of the region lies in its crop, in pixels of the crop."""
    left, top, right, bottom = window(box, config, region.shape[1], region.shape[0])
    x, y = config.size / (right - left), config.size / (bottom - top)
    return Box((box.left - left) * x, (box.top - top) * y, (box.right - left) * x, (box.bottom - top) * y)


def _handed_over(region: Image, box: Box, share: float, rng: Rng) -> tuple[Image, Box]:
    """The picture, or, as often as ``share`` says, little more of it than the face."""
    if rng.random() >= share:
        return region, box
    little = CropConfig(margin=rng.uniform(0.95, 1.5), border="shift")
    left, top, right, bottom = window(_kept_inside(box, region), little, region.shape[1], region.shape[0])
    return region[top:bottom, left:right], box.mapped(1, 1, -left, -top)


def _attacked(image: Image, share: float, rng: Rng) -> tuple[Image, bool]:
    """A bona fide picture as it is, or made a simulated attack, or only seen by the simulated camera."""
    draw = rng.random() if share > 0 else 1.0
    if draw < share:
        return ATTACKS[str(rng.choice(sorted(ATTACKS)))](image, rng), False
    if draw < 2 * share:
        return recapture(image, rng), True
    return image, True


def _one_window(crop_config: CropConfig, config: AugmentConfig, rng: Rng) -> CropConfig:
    """A window of a random margin. Where inference looks at two, either is one of these to the network."""
    margin, border = random_margin(config, rng), _border(crop_config, config, rng)
    return replace(crop_config, margin=margin, border=border, inner=0.0)


def _border(crop_config: CropConfig, config: AugmentConfig, rng: Rng) -> Border:
    """That of inference; ``random``: in two crops of five any other, so that it says nothing of the label."""
    if config.border == "same" or rng.random() < 0.6:
        return crop_config.border
    return BORDERS[int(rng.integers(len(BORDERS)))]


def random_margin(config: AugmentConfig, rng: Rng) -> float:
    """Log-uniform in the usual range, now and then wider."""
    low, high = config.margin
    if rng.random() < config.wide:
        low, high = high, config.widest
    return float(math.exp(rng.uniform(math.log(low), math.log(high))))


def jittered(box: Box, amount: float, rng: Rng) -> Box:
    """The box moved and resized by up to ``amount`` of its sides: detectors disagree by as much."""
    x, y = box.centre
    x += box.width * rng.uniform(-amount, amount)
    y += box.height * rng.uniform(-amount, amount)
    half_width = box.width / 2 * math.exp(rng.uniform(-amount, amount))
    half_height = box.height / 2 * math.exp(rng.uniform(-amount, amount))
    return Box(x - half_width, y - half_height, x + half_width, y + half_height)


def _kept_inside(box: Box, region: Image) -> Box:
    """A box that jitter pushed quite out of the picture is moved back to its edge."""
    height, width = region.shape[:2]
    dx = max(0.0, 1 - box.right) + min(0.0, width - 1 - box.left)
    dy = max(0.0, 1 - box.bottom) + min(0.0, height - 1 - box.top)
    return box.mapped(1, 1, dx, dy)


def photographed(image: Image, strength: float, rng: Rng) -> Image:
    """The crop as another camera and file might have given it; strength 0 only flips it."""
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
    return changed(image, strength, rng)


def changed(image: Image, strength: float, rng: Rng) -> Image:
    """A picture with random changes of scene, lens, sensor and file; strength 0 leaves it as it is."""
    if strength <= 0:
        return image
    for chance, change in CHANGES:
        if rng.random() < chance * min(1.0, strength):
            image = change(image, rng, strength)
    return image


def rotate(image: Image, rng: Rng, strength: float) -> Image:
    """A head tilted a little, and cameras not held upright."""
    size = image.shape[0]
    matrix = cv2.getRotationMatrix2D((size / 2, size / 2), rng.uniform(-12, 12) * strength, 1.0)
    return _image(cv2.warpAffine(image, matrix, (size, size), borderMode=cv2.BORDER_REFLECT_101))


def exposure(image: Image, rng: Rng, strength: float) -> Image:
    """Brightness, contrast and gamma of another camera, by a table of 256 values."""
    levels = np.linspace(0, 1, 256) ** math.exp(rng.uniform(-0.45, 0.45) * strength)
    levels = (levels - 0.5) * math.exp(rng.uniform(-0.4, 0.3) * strength) + 0.5
    levels = levels * math.exp(rng.uniform(-0.4, 0.3) * strength) + rng.uniform(-0.08, 0.08) * strength
    return _image(cv2.LUT(image, np.clip(levels * 255, 0, 255).astype(np.uint8)))


def white_balance(image: Image, rng: Rng, strength: float) -> Image:
    """Another light, and another saturation."""
    gains = np.exp(rng.normal(0, 0.08 * strength, 3))
    keep = math.exp(rng.uniform(-0.5, 0.3) * strength)
    luma = np.array([[0.299, 0.587, 0.114]])
    matrix = np.diag(gains) @ (keep * np.eye(3) + (1 - keep) * np.ones((3, 1)) @ luma)
    return _image(cv2.transform(image, matrix))


def grey(image: Image, rng: Rng, strength: float) -> Image:
    """No colour at all."""
    return _image(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))


def blur(image: Image, rng: Rng, strength: float) -> Image:
    """Out of focus, or moved in one direction while the shutter was open."""
    size = image.shape[0] / 128
    if rng.random() < 0.6:
        return _image(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.6) * size * strength + 0.05))
    length = max(3, round(rng.uniform(3, 8) * size * strength) | 1)
    kernel = np.zeros((length, length), dtype=np.float32)
    angle, middle = rng.uniform(0, math.pi), length // 2
    dx, dy = round(math.cos(angle) * middle), round(math.sin(angle) * middle)
    cv2.line(kernel, (middle - dx, middle - dy), (middle + dx, middle + dy), 1.0)
    return _image(cv2.filter2D(image, -1, kernel / kernel.sum()))


def downscale(image: Image, rng: Rng, strength: float) -> Image:
    """A face that was small in its picture, enlarged again."""
    size = image.shape[0]
    small = max(16, round(size * rng.uniform(1 - 0.65 * min(1.0, strength), 0.95)))
    shrink = (cv2.INTER_AREA, cv2.INTER_LINEAR)[int(rng.integers(2))]
    enlarge = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)[int(rng.integers(2))]
    return _image(
        cv2.resize(cv2.resize(image, (small, small), interpolation=shrink), (size, size), None, 0, 0, enlarge)
    )


def noise(image: Image, rng: Rng, strength: float) -> Image:
    """Sensor noise, a part of it alike in all channels."""
    sigma = rng.uniform(1, 10) * strength
    shape = image.shape if rng.random() < 0.5 else (*image.shape[:2], 1)
    return _image(image + np.float32(sigma) * rng.standard_normal(shape, dtype=np.float32))


def jpeg(image: Image, rng: Rng, strength: float) -> Image:
    """Compression, once or twice, the second time on another grid of blocks."""
    for _ in range(1 + int(rng.random() < 0.3)):
        quality = int(rng.integers(max(10, 95 - int(65 * strength)), 96))
        shift = int(rng.integers(0, 8))
        rolled = np.roll(image, (shift, shift), (0, 1))
        _, file = cv2.imencode(".jpg", rolled[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        decoded = np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR))[..., ::-1]
        image = np.roll(decoded, (-shift, -shift), (0, 1))
    return np.ascontiguousarray(image)


def sharpen(image: Image, rng: Rng, strength: float) -> Image:
    """The sharpening that cameras add."""
    soft = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.7, 1.6))
    amount = rng.uniform(0.2, 1.0) * strength
    return _image(cv2.addWeighted(image, 1 + amount, soft, -amount, 0))


def cutout(image: Image, rng: Rng, strength: float) -> Image:
    """A patch covered with a plain colour: no single spot may decide."""
    size = image.shape[0]
    width, height = (round(size * rng.uniform(0.1, 0.1 + 0.3 * min(1.0, strength))) for _ in range(2))
    left, top = rng.integers(0, size - width), rng.integers(0, size - height)
    image = image.copy()
    image[top : top + height, left : left + width] = rng.integers(0, 256, 3)
    return image


# In the order of nature: the scene, then the lens, then the sensor, then the file.
CHANGES: tuple[tuple[float, Change], ...] = (
    (0.3, rotate),
    (0.25, cutout),
    (0.25, blur),
    (0.3, downscale),
    (0.7, exposure),
    (0.6, white_balance),
    (0.08, grey),
    (0.3, noise),
    (0.15, sharpen),
    (0.5, jpeg),
)


def _image(values: object) -> Image:
    return np.asarray(np.clip(np.asarray(values), 0, 255), dtype=np.uint8)
