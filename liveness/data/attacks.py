"""Simulated attacks: what printing or showing a picture, and photographing that, does to it.

Every step is a small function of one physical cause: (uint8 RGB (height, width, 3), generator) ->
a new array of the same shape, in which a face stays where it was. ``ATTACKS`` joins the steps into
whole attacks by PAI species. Strengths are drawn anew on each call, down to hardly visible, because
real devices differ as much.

Simulated attacks serve demonstrations, tests and augmentation. Nobody has shown that a model trained
on them alone refuses real ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.types import Image

Step: TypeAlias = Callable[[Image, np.random.Generator], Image]
Floats: TypeAlias = NDArray[np.float32]

# Angles in degrees at which a press lays its cyan, magenta, yellow and black screens (ISO 12647-2).
_SCREEN_ANGLES = (15.0, 75.0, 0.0, 45.0)
_LUMA = np.array((0.299, 0.587, 0.114), dtype=np.float32)


# ---------------------------------------------------------------- print: ink on paper, in room light


def gamut(image: Image, rng: np.random.Generator) -> Image:
    """Ink on paper reaches neither the screen's black nor its white, and saturated colours least of all."""
    value = image / np.float32(255)
    grey = (value @ _LUMA)[..., None]
    chroma = value - grey
    # Soft clipping: dull colours pass, strong ones are held back.
    limit = np.float32(rng.uniform(0.1, 0.35))
    value = grey + limit * np.tanh(chroma / limit)
    black, white = rng.uniform(0.02, 0.16), rng.uniform(0.84, 0.98)
    return _image((black + (white - black) * value) * 255)


def ink_bleed(image: Image, rng: np.random.Generator) -> Image:
    """Ink spreads in the paper: edges soften, and dots that grow darken the middle tones (dot gain)."""
    soft = _blur(image, rng.uniform(0.3, 1.1) * _scale(image))
    return _image(255 * (soft / np.float32(255)) ** np.float32(rng.uniform(1.0, 1.25)))


def halftone(image: Image, rng: np.random.Generator) -> Image:
    """Four rotated screens of dots whose area carries the tone, partly resolved by the second camera."""
    pitch = rng.uniform(4, 11) * _scale(image)
    strength = np.float32(rng.uniform(0.1, 0.36))
    cmy = 1 - image / np.float32(255)
    black = cmy.min(axis=2, keepdims=True) * np.float32(0.6)
    inks = np.concatenate(((cmy - black) / (1 - black + 1e-3), black), axis=2)
    printed = np.empty_like(inks)
    for i, angle in enumerate(_SCREEN_ANGLES):
        u, v = _grid(image, angle, pitch, rng)
        cell = np.float32(0.5) + np.float32(0.25) * (np.cos(u) + np.cos(v))
        # A logistic edge stands for the blur of a dot's rim.
        printed[..., i] = 1 / (1 + np.exp((cell - inks[..., i]) * 8))
    inks += strength * (printed - inks)
    return _image(255 * (1 - inks[..., :3]) * (1 - inks[..., 3:]))


def paper(image: Image, rng: np.random.Generator) -> Image:
    """Paper is not evenly white: fibres scatter light, and the stock and the room tint it."""
    height, width = image.shape[:2]
    noise = rng.standard_normal((height, width), dtype=np.float32)
    fibres = _blur(noise, rng.uniform(0.6, 1.8) * _scale(image))
    strength = rng.uniform(0.01, 0.05) / max(float(np.std(fibres)), 1e-6)
    tint = rng.uniform((0.94, 0.92, 0.84), (1.04, 1.0, 1.02)).astype(np.float32)
    return _image(image * tint * (1 + np.float32(strength) * fibres[..., None]))


def gloss(image: Image, rng: np.random.Generator) -> Image:
    """A smooth sheet mirrors the lamp: a broad soft streak of light that washes colours out."""
    x, y = _unit_grid(image)
    angle = rng.uniform(0, np.pi)
    across = (x - rng.uniform(0.1, 0.9)) * np.cos(angle) + (y - rng.uniform(0.1, 0.9)) * np.sin(angle)
    along = (y - rng.uniform(0.2, 0.8)) * np.cos(angle) - (x - rng.uniform(0.2, 0.8)) * np.sin(angle)
    streak = np.exp(-((across / rng.uniform(0.06, 0.25)) ** 2) - (along / rng.uniform(0.3, 1.2)) ** 2)
    return _add_light(image, streak[..., None] * np.float32(rng.uniform(0.02, 0.3)))


def bend(image: Image, rng: np.random.Generator) -> Image:
    """A hand-held sheet curls about one axis: the picture is compressed at its sides and shaded."""
    x, y = _unit_grid(image)
    curl = rng.uniform(-0.12, 0.12)
    height, width = image.shape[:2]
    upright = rng.random() < 0.7
    t = x if upright else y
    moved = t + np.float32(curl) * (t - np.float32(0.5)) * ((t - np.float32(0.5)) ** 2 * 4 - 1)
    map_x, map_y = (moved, y) if upright else (x, moved)
    bent = cv2.remap(image, map_x * (width - 1), map_y * (height - 1), cv2.INTER_LINEAR)
    shade = 1 + np.float32(rng.uniform(-0.5, 0.5)) * (t - np.float32(0.5))
    return _image(bent * shade[..., None])


# ---------------------------------------------------------------- replay: a picture on a screen


def sub_pixels(image: Image, rng: np.random.Generator) -> Image:
    """A camera close to a screen resolves its columns of red, green and blue and the dark lines between."""
    return _stripes(image, rng, frequency=rng.uniform(0.08, 0.25), depth=rng.uniform(0.06, 0.18))


def moire(image: Image, rng: np.random.Generator) -> Image:
    """The screen's stripes sampled by a sensor of nearly their pitch: broad coloured beats."""
    # One or two screen pixels a camera pixel, all but exactly: the remainder is the beat.
    frequency = rng.choice((1.0, 2.0)) + rng.choice((-1, 1)) * rng.uniform(0.01, 0.07)
    return _stripes(image, rng, frequency=frequency, depth=rng.uniform(0.06, 0.2))


def display_colour(image: Image, rng: np.random.Generator) -> Image:
    """A backlight leaks into black, its white is bluer than the room's, and its gamma is its own."""
    value = (image / np.float32(255)) ** np.float32(rng.uniform(0.8, 1.3))
    white = rng.uniform((0.82, 0.92, 0.96), (1.0, 1.02, 1.12)).astype(np.float32)
    leak = np.float32(rng.uniform(0.0, 0.1))
    return _image(255 * white * (leak + (1 - leak) * value))


def flicker(image: Image, rng: np.random.Generator) -> Image:
    """A dimmed backlight is switched on and off; a rolling shutter turns that into bands across the frame."""
    _, y = _unit_grid(image)
    wave = np.sin(2 * np.pi * (rng.uniform(1.5, 9) * y + rng.random()))
    depth = np.float32(rng.uniform(0.02, 0.16))
    return _image(image * (1 - depth * (np.float32(0.5) + np.float32(0.5) * np.tanh(3 * wave)))[..., None])


def reflection(image: Image, rng: np.random.Generator) -> Image:
    """Glass mirrors the room: a window's bright panes, out of focus, over the picture."""
    height, width = image.shape[:2]
    panes = np.zeros((height, width), dtype=np.float32)
    for _ in range(int(rng.integers(1, 4))):
        centre = (float(rng.uniform(0, width)), float(rng.uniform(0, height)))
        size = (float(rng.uniform(0.08, 0.4) * width), float(rng.uniform(0.08, 0.5) * height))
        corners = cv2.boxPoints((centre, size, float(rng.uniform(-25, 25))))
        cv2.fillConvexPoly(panes, np.asarray(corners, dtype=np.int32), float(rng.uniform(0.02, 0.18)))
    panes = _blur(panes, rng.uniform(0.01, 0.06) * width)
    colour = rng.uniform((0.8, 0.9, 0.9), (1.0, 1.0, 1.15)).astype(np.float32)
    return _add_light(image, panes[..., None] * colour)


def bezel(image: Image, rng: np.random.Generator) -> Image:
    """The device's dark frame comes into view and hides the picture's edge, with the room behind it."""
    height, width = image.shape[:2]
    room = _wall(rng) + rng.normal(0, 3, (height, width, 1))
    framed = _image(_blur(room.astype(np.float32), 2 * _scale(image)))
    outer, inner = rng.uniform(0.0, 0.05), rng.uniform(0.02, 0.05)
    left, top = round(outer * width), round(outer * height)
    cv2.rectangle(framed, (left, top), (width - left, height - top), (int(rng.integers(2, 30)),) * 3, -1)
    x, y = left + round(inner * width), top + round(inner * height)
    framed[y : height - y, x : width - x] = image[y : height - y, x : width - x]
    return framed


# ---------------------------------------------------------------- cut: a sheet cut along the face


def cut_out(image: Image, rng: np.random.Generator) -> Image:
    """The sheet is cut along the head and held up: a hard outline with a shadow before another room."""
    x, y = _unit_grid(image)
    centre_x, centre_y = rng.uniform(0.46, 0.54), rng.uniform(0.46, 0.54)
    radius = np.hypot(
        (x - centre_x) / rng.uniform(0.34, 0.46), (y - centre_y) / rng.uniform(0.4, 0.5)
    ) + np.float32(0.02) * np.sin(np.arctan2(y - centre_y, x - centre_x) * rng.integers(4, 9))
    sheet = np.clip((1 - radius) * 60 + 0.5, 0, 1).astype(np.float32)[..., None]
    shift = rng.uniform(-0.03, 0.03, 2) * image.shape[1]
    shadow = cv2.warpAffine(
        _blur(sheet, 4 * _scale(image)), np.array([[1, 0, shift[0]], [0, 1, shift[1]]]), image.shape[1::-1]
    )
    wall = _wall(rng) * (np.float32(0.8) + np.float32(0.3) * x[..., None])
    wall = wall * (1 - np.float32(rng.uniform(0.2, 0.5)) * shadow[..., None])
    return _image(sheet * image + (1 - sheet) * wall)


# ---------------------------------------------------------------- the camera, for live pictures too


def recapture(image: Image, rng: np.random.Generator) -> Image:
    """A camera and its file: resolution, automatic exposure, white balance, blur, noise and JPEG.

    Attacks are photographed twice; live pictures go through it as well, so that blur, noise and
    compression do not come to mean attack.
    """
    height, width = image.shape[:2]
    factor = rng.uniform(0.6, 1.0)
    small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    value = _blur(small, rng.uniform(0.2, 0.8) * factor * _scale(image)) / np.float32(255)
    exposure = np.clip(rng.uniform(0.35, 0.6) / max(float(np.mean(value)), 0.05), 0.6, 1.8)
    value = value * (exposure * rng.uniform(0.94, 1.06, 3)).astype(np.float32)
    value = np.clip(value, 0, 1) ** np.float32(rng.uniform(0.8, 1.25))
    grey = (value @ _LUMA)[..., None]
    value = grey + (value - grey) * np.float32(rng.uniform(0.55, 1.2))
    # Photon noise grows with the root of the light, read noise does not.
    sigma = rng.uniform(0.002, 0.018) * np.sqrt(np.clip(value, 0, None)) + rng.uniform(0.0, 0.006)
    value += sigma.astype(np.float32) * rng.standard_normal(value.shape, dtype=np.float32)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(45, 95))]
    _, file = cv2.imencode(".jpg", cv2.cvtColor(_image(value * 255), cv2.COLOR_RGB2BGR), quality)
    decoded = cv2.cvtColor(np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR)), cv2.COLOR_BGR2RGB)
    return _image(cv2.resize(decoded, (width, height), interpolation=cv2.INTER_LINEAR))


# ---------------------------------------------------------------- whole attacks


def simulate_print(image: Image, rng: np.random.Generator) -> Image:
    """A photograph printed, held up and photographed."""
    steps = [gamut, ink_bleed, halftone, paper, *_some(rng, (bend, gloss), 0.6)]
    return _run(image, rng, [recapture, *steps, recapture])


def simulate_replay(image: Image, rng: np.random.Generator) -> Image:
    """A photograph shown on a screen and photographed."""
    pattern = sub_pixels if rng.random() < 0.5 else moire
    steps = [display_colour, pattern, *_some(rng, (reflection, flicker, bezel), 0.6)]
    return _run(image, rng, [recapture, *steps, recapture])


def simulate_cut(image: Image, rng: np.random.Generator) -> Image:
    """A print cut out along the head; the head should fill most of the picture."""
    steps = [gamut, ink_bleed, halftone, paper, cut_out]
    return _run(image, rng, [recapture, *steps, recapture])


ATTACKS: Mapping[str, Step] = {"cut": simulate_cut, "print": simulate_print, "replay": simulate_replay}


def _run(image: Image, rng: np.random.Generator, steps: list[Step]) -> Image:
    for step in steps:
        image = step(image, rng)
    return image


def _some(rng: np.random.Generator, steps: tuple[Step, ...], chance: float) -> list[Step]:
    return [step for step in steps if rng.random() < chance]


# ---------------------------------------------------------------- helpers


def _image(values: NDArray[Any]) -> Image:
    return np.asarray(np.clip(np.rint(values), 0, 255), dtype=np.uint8)


def _scale(image: Image) -> float:
    """Strengths in pixels are meant for a picture of 300 pixels; larger ones scale them."""
    return float(max(image.shape[:2])) / 300


def _wall(rng: np.random.Generator) -> Floats:
    """The colour of a plain wall, 0..255, float32 (3,)."""
    return (rng.uniform(60, 210) + rng.normal(0, 14, 3)).astype(np.float32)


def _blur(values: NDArray[Any], sigma: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), dtype=np.float32)


def _unit_grid(image: Image) -> tuple[Floats, Floats]:
    """x and y of every pixel, 0..1 over the picture, float32 (height, width) each."""
    height, width = image.shape[:2]
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    return x, y


def _grid(image: Image, degrees: float, pitch: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Phases in radians along two axes turned by an angle, with one turn every ``pitch`` pixels."""
    height, width = image.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    turn, step = np.deg2rad(degrees), 2 * np.pi / pitch
    u = (x * np.cos(turn) + y * np.sin(turn)) * step + rng.uniform(0, 2 * np.pi)
    v = (y * np.cos(turn) - x * np.sin(turn)) * step + rng.uniform(0, 2 * np.pi)
    return u.astype(np.float32), v.astype(np.float32)


def _stripes(image: Image, rng: np.random.Generator, frequency: float, depth: float) -> Image:
    """The image seen through columns of red, green and blue and rows of a dark mesh.

    frequency: screen pixels a camera pixel; sampled at pixel centres without a filter, as a sensor
    without an optical low-pass does, so that what it cannot resolve comes back as a beat.
    """
    u, v = _grid(image, rng.uniform(-4, 4), 1 / frequency, rng)
    phases = np.array((0, 1, 2), dtype=np.float32) * np.float32(2 * np.pi / 3)
    columns = np.cos(u[..., None] - phases)
    mesh = np.cos(v)[..., None] * np.float32(rng.uniform(0.2, 1.0))
    return _image(image * (1 + np.float32(depth) * (columns + mesh)))


def _add_light(image: Image, light: NDArray[np.floating]) -> Image:
    """Light adds up in linear light, not in the file's gamma. light: 0..1, broadcast to the image."""
    linear = (image / np.float32(255)) ** np.float32(2.2) + light
    return _image(255 * np.clip(linear, 0, 1) ** (1 / 2.2))
