"""Each cue on views made for it: a plane and a head, a still face and one that blinks, a screen and skin."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from liveness.cues import CUES, View, see
from liveness.types import Face, Image
from tests.clips import ASTRONAUT, drawn, noisy, view

Change = Callable[[Image, int], Image]


def as_it_is(image: Image, i: int) -> Image:
    return image


def stretch(
    picture: Image, face: Face, change: Change = as_it_is, sway: float = 8.0, count: int = 12
) -> list[View]:
    """Views of a picture that is moved as a whole, as a print or a phone is, changed frame by frame."""
    views = []
    for i in range(count):
        image, place = view(picture, face, (320 + sway * np.sin(i), 240 + sway * np.cos(i)))
        views.append(see(noisy(change(image, i), i), place, i / 10))
    return views


def before_a_wall(picture: Image, face: Face, count: int = 12) -> list[View]:
    """The face alone moves, in front of a wall that stays."""
    wall = np.random.default_rng(7).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    room = np.asarray(cv2.resize(wall, (640, 480), interpolation=cv2.INTER_CUBIC), np.uint8)
    views = []
    for i in range(count):
        image, place = view(picture, face, (320 + 8 * np.sin(i), 240 + 8 * np.cos(i)))
        mask = np.zeros((480, 640, 1), np.uint8)
        centre = tuple(int(v) for v in place.box.centre)
        cv2.ellipse(mask, centre, (int(place.box.width / 2), int(place.box.height / 2)), 0, 0, 360, 1, -1)
        views.append(see(noisy(np.where(mask > 0, image, room), i), place, i / 10))
    return views


def value(name: str, views: list[View]) -> float:
    found = CUES[name](views)
    assert found is not None
    return found


def test_a_picture_that_is_moved_takes_its_surroundings_along(astronaut: Image) -> None:
    assert value("plane", stretch(astronaut, ASTRONAUT)) > 0.7
    assert value("plane", before_a_wall(astronaut, ASTRONAUT)) < 0.3


def test_what_does_not_move_says_nothing_of_planes(astronaut: Image) -> None:
    assert CUES["plane"](stretch(astronaut, ASTRONAUT, sway=0.0)) is None


def test_a_face_that_blinks_is_less_still() -> None:
    picture, face = drawn()
    marks = face.landmarks
    assert marks is not None

    def blinks(image: Image, i: int) -> Image:
        if i % 4:
            return image
        shut = image.copy()
        (_, place) = view(picture, face, (320 + 8 * np.sin(i), 240 + 8 * np.cos(i)))
        for x, y in place.landmarks.points()[:2]:  # type: ignore[union-attr]
            cv2.ellipse(shut, (int(x), int(y)), (22, 12), 0, 0, 360, (214, 176, 150), -1)
        return shut

    still, awake = stretch(picture, face), stretch(picture, face, blinks)
    assert value("stillness", awake) < 0.6 * value("stillness", still)


def test_a_grid_of_pixels_stands_out_of_the_spectrum(astronaut: Image) -> None:
    def screen(image: Image, i: int) -> Image:
        rows, columns = np.mgrid[:480, :640]
        grid = 1 + 0.12 * np.sin(2 * np.pi * (0.22 * columns + 0.17 * rows))
        return np.clip(image * grid[..., None], 0, 255).astype(np.uint8)

    plain, grid = stretch(astronaut, ASTRONAUT), stretch(astronaut, ASTRONAUT, screen)
    assert value("moire", grid) > value("moire", plain) + 6, "decibels"


def test_bands_that_run_through_the_picture_are_flicker(astronaut: Image) -> None:
    def bands(image: Image, i: int) -> Image:
        light = 1 + 0.15 * np.sin(np.arange(480) / 12 + 2.3 * i)
        return np.clip(image * light[:, None, None], 0, 255).astype(np.uint8)

    def exposure(image: Image, i: int) -> Image:
        return np.clip(image * (1 + 0.15 * np.sin(2.3 * i)), 0, 255).astype(np.uint8)

    plain, beating = (stretch(astronaut, ASTRONAUT, change) for change in (as_it_is, bands))
    assert value("flicker", beating) > 3 * value("flicker", plain)
    assert value("flicker", stretch(astronaut, ASTRONAUT, exposure)) < 2 * value("flicker", plain)


def test_a_frame_around_the_face_is_seen_on_all_sides() -> None:
    picture, face = drawn()
    picture[:] = np.where(picture == picture[0, 1], 120, picture)  # a plain wall in place of the stripes
    picture[:, ::32] = 120

    def phone(image: Image, i: int) -> Image:
        framed = image.copy()
        x, y = (int(v) for v in (320 + 8 * np.sin(i), 240 + 8 * np.cos(i)))
        cv2.rectangle(framed, (x - 150, y - 190), (x + 150, y + 190), (15, 15, 15), 8)
        return framed

    assert value("bezel", stretch(picture, face, phone)) == pytest.approx(4, abs=0.5)
    assert value("bezel", stretch(picture, face)) < 1


@pytest.mark.parametrize(("stays", "wanders"), [(False, False), (True, True)])
def test_a_lamp_mirrored_in_glass_wanders_over_the_face(astronaut: Image, stays: bool, wanders: bool) -> None:
    """Either the shine moves with the nose, as on skin, or it stays in the room while the picture moves."""

    def lit(image: Image, i: int) -> Image:
        x, y = (320, 240) if stays else (320 + 40 * np.sin(i), 240 + 40 * np.cos(i))
        spot = cv2.circle(image.copy(), (int(x), int(y)), 14, (255, 255, 255), -1)
        return np.asarray(spot, np.uint8)

    assert (value("glare", stretch(astronaut, ASTRONAUT, lit, sway=40.0)) > 0.1) is wanders
    assert CUES["glare"](stretch(astronaut // 2, ASTRONAUT)) is None, "nothing shines"


@pytest.mark.parametrize("name", CUES)
def test_nothing_seen_is_nothing_measured(name: str) -> None:
    assert CUES[name]([]) is None


@pytest.mark.parametrize("name", CUES)
def test_the_same_views_give_the_same_value(name: str, astronaut: Image) -> None:
    views = stretch(astronaut, ASTRONAUT, count=7)
    assert CUES[name](views) == CUES[name](views)
