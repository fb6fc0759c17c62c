"""The Live and Video tabs in real browsers, end to end: camera, page, server, verdict."""

from __future__ import annotations

import csv
import io
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import PIL.Image
import pytest

from liveness.matching.gallery import CONSENT
from liveness.types import Face, Image
from liveness.ui import live
from liveness.video import VideoWriter, read_video
from tests.serving import served
from tests.ui.browsers import (
    VERDICT,
    WAIT,
    Firefox,
    agree,
    chromium,
    face_clip,
    open_tab,
    program,
    shoot,
    start_camera,
    wait_for_frames,
)
from tests.ui.test_app import find_one_face

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory, astronaut: Image) -> Path:
    return face_clip(tmp_path_factory.mktemp("camera") / "face.mjpeg", astronaut)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program("chromium", "chromium-browser", "firefox-esr", "firefox")
    with served(tmp_path_factory.mktemp("app"), 17860) as address:
        yield address


def test_a_verdict_appears_on_the_camera_of_chromium(url: str, camera: Path) -> None:
    with chromium(camera) as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        open_tab(page, url, "Live")
        shoot(page, "live-ready")
        start_camera(page)
        page.locator("#live-verdict").get_by_text(VERDICT).wait_for()
        page.locator("#live-overlay rect").first.wait_for(state="attached")
        page.locator("#live-curves polyline").first.wait_for(state="attached")
        page.locator("#live-speed").get_by_text(re.compile(r"\d+\.\d frames/s")).wait_for()
        assert re.search(r"latency\s+\d+ ms", page.locator("#live-speed").inner_text())
        assert page.locator("#live-verdict").get_attribute("aria-live") == "polite"
        page.locator("#live-faces").get_by_text("Access refused").wait_for()
        shoot(page, "live")
        box = page.locator("#live-camera video").bounding_box()
        over = page.locator("#live-overlay svg").bounding_box()
        assert over == pytest.approx(box, abs=3), "the boxes lie where the picture is"
        with page.expect_download() as download:
            page.get_by_role("button", name="Save this session's scores").click()
        text = Path(download.value.path()).read_text(encoding="utf-8")
        assert text.startswith("frame,seconds,presentation,phase")
        assert len(text.splitlines()) > 3


def test_frames_are_saved_only_where_that_is_ticked(url: str, camera: Path) -> None:
    with chromium(camera) as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        open_tab(page, url, "Live")
        start_camera(page)
        page.locator("#live-verdict").get_by_text(VERDICT).wait_for()

        def saved() -> Path:
            with page.expect_download() as download:
                page.get_by_role("button", name="Save this session's scores").click()
            path = Path(download.value.path())
            return path.rename(path.with_name(download.value.suggested_filename))

        assert saved().name == "live-scores.csv"
        page.get_by_label("Save the frames too").check()
        wait_for_frames(page, 25)
        shoot(page, "live-keep")
        with zipfile.ZipFile(saved()) as file:
            scores, *pictures = file.namelist()
            rows = list(csv.DictReader(io.StringIO(file.read(scores).decode())))
            assert 1 <= len(pictures) <= 200
            assert {str(int(Path(name).stem)) for name in pictures} < {row["frame"] for row in rows}
            with PIL.Image.open(io.BytesIO(file.read(pictures[0]))) as picture:
                assert picture.size == (640, 480)
        page.get_by_label("Save the frames too").uncheck()
        wait_for_frames(page, 5)
        assert saved().name == "live-scores.csv"
        page.get_by_label("Save the frames too").check()
        page.locator("#live-consent input").uncheck()
        agree(page)
        page.locator("#live-camera").get_by_role("button").first.wait_for()
        assert page.locator("#live-keep input").is_checked() is False, "who agrees anew has not ticked it"


def test_a_slow_app_is_sent_no_more_frames_than_it_judges(tmp_path: Path, camera: Path) -> None:
    def slow(image: Image) -> list[Face]:
        time.sleep(0.3)
        return find_one_face(image)

    with served(tmp_path, 17862, slow) as url, chromium(camera) as browser:
        page = browser.new_page()
        posts: list[str] = []
        page.on("request", lambda r: posts.append(r.url) if re.search(r"/stream/[^/]+$", r.url) else None)
        open_tab(page, url, "Live")
        start_camera(page)
        page.locator("#live-verdict").get_by_text(VERDICT).wait_for()
        wait_for_frames(page, 1)
        before = len(posts)
        wait_for_frames(page, 12)
        assert 8 <= len(posts) - before <= 16, "the camera's tick is twenty a second"


def test_movements_are_asked_for_and_a_clip_does_not_pass(url: str, camera: Path) -> None:
    with chromium(camera) as browser:
        page = browser.new_page(viewport={"width": 390, "height": 844})
        open_tab(page, url, "Live")
        start_camera(page)
        page.locator("#live-verdict").get_by_text(VERDICT).wait_for()
        page.get_by_label("Always").check()
        asked = re.compile("Turn your head|Nod: chin|Come closer to|Follow the dot|Shut your eyes|Smile")
        page.locator("#live-verdict").get_by_text(asked).wait_for()
        page.locator("#live-overlay .sign, #live-overlay .dot").wait_for(state="attached")
        shoot(page, "live-challenge")
        over = re.compile("^Not (passed|completed)")
        page.locator("#live-verdict").get_by_text(over).wait_for()
        shoot(page, "live-not-passed")
        page.get_by_role("button", name="Try again").click()
        page.locator("#live-verdict").get_by_text(asked).wait_for()


def test_a_camera_that_calls_itself_virtual_is_refused(url: str, camera: Path) -> None:
    with chromium(camera) as browser:
        page = browser.new_page()
        page.add_init_script(
            "Object.defineProperty(MediaStreamTrack.prototype, 'label', {get: () => 'OBS Virtual Camera'})"
        )
        open_tab(page, url, "Live")
        agree(page)
        page.locator("#live-camera").get_by_role("button").first.click()
        page.locator("#live-help").get_by_text("This is a virtual camera").wait_for()
        shoot(page, "live-virtual")


def test_two_visitors_stream_at_once(url: str, camera: Path) -> None:
    with chromium(camera) as browser:
        pages = [browser.new_context().new_page() for _ in range(2)]
        for page in pages:
            open_tab(page, url, "Live")
            start_camera(page)
        for page in pages:
            page.locator("#live-verdict").get_by_text(VERDICT).wait_for()
        # Both go on: each one's frame rate is still being rewritten after both have begun.
        for page in pages:
            before = page.locator("#live-speed").inner_html()
            page.wait_for_function(
                "before => document.querySelector('#live-speed').innerHTML !== before",
                arg=before,
                timeout=WAIT,
            )


@pytest.mark.parametrize(
    ("there", "words"), [(True, "blocked for this page"), (False, "No camera was found")]
)
def test_a_refused_or_absent_camera_is_explained(url: str, camera: Path, there: bool, words: str) -> None:
    with chromium(camera if there else None, allow=False) as browser:
        page = browser.new_page()
        open_tab(page, url, "Live")
        agree(page)
        page.locator("#live-camera").get_by_role("button").first.click()
        help_text = page.locator("#live-help").get_by_text(words)
        help_text.wait_for()
        shoot(page, "live-refused" if there else "live-absent")


def test_when_all_places_are_taken_the_camera_says_so_and_starts_by_itself(
    tmp_path: Path, camera: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PLACES", 1)
    with served(tmp_path, 17861) as url, chromium(camera) as browser:
        first, second = (browser.new_context().new_page() for _ in range(2))
        for page in (first, second):
            open_tab(page, url, "Live")
        start_camera(first)
        first.locator("#live-verdict").get_by_text(VERDICT).wait_for()
        start_camera(second)
        second.locator("#live-camera").get_by_text("Waiting").wait_for()
        second.locator("#live-help").get_by_text("All places are taken").wait_for()
        shoot(second, "live-waiting")
        assert "Ready" in second.locator("#live-verdict").inner_text()
        first.locator("#live-camera").get_by_role("button").first.click()  # stops, and so gives up its place
        second.locator("#live-verdict").get_by_text(VERDICT).wait_for()
        assert not second.locator("#live-help").get_by_text("All places are taken").is_visible()


def test_waiting_in_firefox_outlasts_what_is_not_there_yet(tmp_path: Path) -> None:
    firefox = Firefox(tmp_path / "profile")
    try:
        firefox.open("about:blank")
        later = "setTimeout(() => document.body.insertAdjacentHTML('beforeend', '<b>7 frames</b>'), 700)"
        firefox.run(f"void {later}")
        firefox.click("document.querySelector('b')")
        assert firefox.wait("document.querySelector('b').innerText") == "7 frames"
        firefox.run(
            "void setTimeout(() => document.body.insertAdjacentHTML('beforeend', '<i>late</i>'), 700)"
        )
        assert firefox.wait("document.querySelector('i').innerText") == "late"
    finally:
        firefox.close()


def test_firefox_streams_its_fake_camera(url: str, tmp_path: Path) -> None:
    """Its camera shows a moving pattern, so what must come back is that there is no face."""
    firefox = Firefox(tmp_path / "profile")
    try:
        firefox.open(url)
        tabs = "[...document.querySelectorAll('button[role=tab]')].filter(t => t.offsetParent)"
        firefox.click(f"{tabs}.find(t => t.innerText == 'Live')")
        firefox.click("document.querySelector('#live-consent input')")
        button = "[...document.querySelectorAll('#live-camera button')].find(b => b.offsetParent)"
        firefox.click(button)
        firefox.wait("document.querySelector('#live-camera video').videoWidth > 0")
        firefox.click(button)
        firefox.wait("/No face|Live|Spoof/.test(document.querySelector('#live-verdict').innerText)")
        firefox.click("document.querySelector('#live-drawer button')")
        firefox.wait("/\\d frames/.test(document.querySelector('#live-speed').innerText)")
    finally:
        firefox.close()


def test_a_person_is_enrolled_from_the_camera_after_a_refusal(url: str, camera: Path) -> None:
    """The refusal must not cover the form: the consent that it asks for is ticked next."""
    with chromium(camera) as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        open_tab(page, url, "Gallery")
        pictures = page.locator(".lw-pictures:visible")
        pictures.get_by_label("Capture from camera").click()
        pictures.get_by_text("Click to Access Webcam").click()
        page.wait_for_function(
            "[...document.querySelectorAll('.lw-pictures video')].some(v => v.videoWidth > 0)", timeout=WAIT
        )
        pictures.get_by_label("capture photo").click()
        pictures.locator("img").first.wait_for()
        page.get_by_label("Name", exact=True).locator("visible=true").fill("Eileen")
        enrol = page.get_by_role("button", name="Enrol", exact=True)
        enrol.click()
        page.get_by_text("tick the consent first").first.wait_for()
        shoot(page, "gallery-refused")
        page.get_by_label(CONSENT).locator("visible=true").check()
        enrol.click()
        page.get_by_text("Eileen is enrolled from 1 photo").wait_for()
        shoot(page, "gallery-enrolled")


def test_a_clip_is_analysed_and_plays(url: str, tmp_path: Path, astronaut: Image) -> None:
    clip = tmp_path / "clip.mp4"
    with VideoWriter(clip, 10) as writer:
        for frame in read_video(face_clip(tmp_path / "face.mjpeg", astronaut, 20)):
            writer.write(frame.image)
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        open_tab(page, url, "Video")
        page.locator("#video-clip input[type=file]").set_input_files(str(clip))
        page.locator("#video-clip video").first.wait_for()
        shoot(page, "video-ready")
        page.get_by_role("button", name="Analyse", exact=True).locator("visible=true").click()
        page.locator("#video-people").get_by_text("Person 1").wait_for()
        page.wait_for_function(
            "document.querySelector('#video-annotated video')?.readyState >= 2", timeout=WAIT
        )
        played = "v => v.play().then(() => new Promise(r => setTimeout(() => r(v.currentTime), 700)))"
        assert page.locator("#video-annotated video").first.evaluate(played) > 0, "the browser plays it"
        assert "median" in page.locator("#video-people").inner_text()
        shoot(page, "video")
        with page.expect_download() as download:
            page.get_by_role("button", name="Download frames.csv").click()
        text = Path(download.value.path()).read_text(encoding="utf-8")
        assert text.startswith("frame,seconds,track")
