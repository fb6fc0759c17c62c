"""The documentation says what is there: commands, options, tabs, links, and README's session."""

from __future__ import annotations

import dataclasses
import doctest
import json
import re
import runpy
from pathlib import Path

import pytest

from liveness.modelfile import default_model, info_from_json, load_info

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "dataset").glob("*.md")])
_LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")


def test_the_command_line_page_is_up_to_date() -> None:
    """After a change of a command: python tools/make_cli_docs.py"""
    tool = runpy.run_path(str(ROOT / "tools" / "make_cli_docs.py"))
    page = tool["PAGE"].read_text(encoding="utf-8")
    assert page == tool["updated"](page)


def test_every_argument_has_help() -> None:
    tool = runpy.run_path(str(ROOT / "tools" / "make_cli_docs.py"))
    for command, about in tool["_commands"](tool["build_parser"]()):
        assert command.description or about, f"{command.prog} says nothing about itself"
        for action in command._actions:
            if action.dest == "action":
                continue  # the commands below it say what they do
            assert action.help, f"{command.prog}: {action.dest} has no help"


def test_examples_of_the_command_line_page_parse() -> None:
    from liveness.cli import build_parser

    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    examples = re.findall(r"^    liveness (.+)$", page, re.M)
    assert len(examples) >= 5
    for line in examples:
        assert build_parser().parse_args(line.split("  #")[0].split()).command


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target, _ in _LINK.findall(page.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index, page.name


def test_no_page_names_a_path_of_some_machine() -> None:
    for page in PAGES:
        assert not re.search(r"(?<![\w.])/(work|root|tmp|home)/", page.read_text(encoding="utf-8")), page.name


def test_no_page_has_a_gap_left_to_fill() -> None:
    for page in PAGES:
        assert "@@" not in page.read_text(encoding="utf-8"), page.name


def test_the_card_is_that_of_the_shipped_file() -> None:
    card, info = (ROOT / "MODEL_CARD.md").read_text(encoding="utf-8"), load_info(default_model())
    window = info.input.crop
    assert f"`{info.threshold:.4f}`" in card
    assert f"`score >= {info.threshold:.3f}` is bona fide" in card
    assert f"{window.margin:g} and {window.inner:g} times the face box" in card
    live, attacks = re.findall(r"[0-9]+", info.training_data)
    assert f"| all | {live} / {attacks} |" in card, "the pictures out of fold are those that it learned from"


def test_the_sidecar_of_the_model_page_is_one() -> None:
    page = (ROOT / "docs" / "model-file.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^    \{\n(?:    .*\n)+", page, re.M)
    info = info_from_json(json.loads(example), "example")
    assert (info.live_index, info.input.crop.margin, info.input.colour) == (1, 2.7, "bgr")


def test_the_metadata_page_names_every_field() -> None:
    from liveness.config import CropConfig, InputConfig, ModelInfo

    page = (ROOT / "docs" / "model-file.md").read_text(encoding="utf-8")
    for cls, prefix in ((ModelInfo, ""), (InputConfig, ""), (CropConfig, "crop.")):
        for field in dataclasses.fields(cls):
            if (cls, field.name) != (InputConfig, "crop"):
                assert f"`{prefix}{field.name}`" in page, field.name


def test_the_data_page_names_every_column_and_folder_word() -> None:
    from liveness.data.folders import LABEL_WORDS, SPLIT_WORDS, VIDEO_SUFFIXES
    from liveness.data.manifest import _KNOWN

    page = (ROOT / "docs" / "data-format.md").read_text(encoding="utf-8")
    for name in _KNOWN | (LABEL_WORDS.keys() - {"bonafide"}) | SPLIT_WORDS.keys():
        assert f"`{name}`" in page, name
    for suffix in VIDEO_SUFFIXES:
        assert suffix[1:] in page


def test_the_data_sets_page_names_every_adapter_and_protocol() -> None:
    from liveness.data.adapters import ADAPTERS

    page = (ROOT / "docs" / "data-sets.md").read_text(encoding="utf-8")
    rows = {row.split("`")[1]: row for row in page.splitlines() if row.startswith("| `")}
    assert rows.keys() == ADAPTERS.keys()
    for name, adapter in ADAPTERS.items():
        first = next(iter(adapter.protocols))
        assert f"`{first}`" in rows[name], name


def test_the_protocols_page_names_every_kind_and_the_quality_page_every_cue() -> None:
    from liveness.data.protocols import KINDS
    from liveness.measure.shortcuts import PROBE_CUES

    page = (ROOT / "docs" / "protocols.md").read_text(encoding="utf-8")
    for kind in KINDS:
        assert f"| `{kind}` |" in page, kind
    page = (ROOT / "docs" / "data-quality.md").read_text(encoding="utf-8")
    for cue in PROBE_CUES:
        assert f"`{cue}`" in page, cue


def test_the_metrics_page_shows_every_picture_and_names_what_reports_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    monkeypatch.syspath_prepend(ROOT / "tools")  # as when the script is run
    tool = runpy.run_path(str(ROOT / "tools" / "make_metrics_pictures.py"))
    for name in ("metrics", *tool["PICTURES"]):
        assert f"(images/{name}.png)" in page, name
    assert page.lower().count("trap") > len(tool["PICTURES"])
    for word in ("BPNRR", "RIAPAR", "BPCER at APCER 1, 5, 10 %", "TPR at FPR 1 %", "HTER, ACER", "by group"):
        assert word in page, word


@pytest.mark.parametrize("name", ["data-quality.md", "data-sets.md", "protocols.md"])
def test_examples_of_the_data_pages_parse(name: str) -> None:
    from liveness.cli import build_parser

    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    examples = re.findall(r"^    liveness (.+)$", page, re.M)
    assert len(examples) >= 3
    for line in examples:
        assert build_parser().parse_args(line.split("  #")[0].split()).command


def test_the_app_page_names_every_tab() -> None:
    from liveness.ui import TABS

    page = (ROOT / "docs" / "app.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## (.+)$", page, re.M)
    assert [title for title in sections if title in {name for name, _ in TABS}] == [name for name, _ in TABS]


def test_readme_is_a_space_and_its_session_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    _, front, body = readme.split("---\n", 2)
    settings = dict(line.split(": ", 1) for line in front.splitlines())
    assert settings["sdk"] == "gradio"
    assert (ROOT / settings["app_file"]).is_file()
    assert "make run" in body
    assert "make test" in body
    monkeypatch.chdir(ROOT)
    session = doctest.DocTestParser().get_doctest(body, {}, "README", "README.md", 0)
    assert len(session.examples) == 6
    said: list[str] = []
    result = doctest.DocTestRunner().run(session, out=said.append)
    assert result.failed == 0, "".join(said)
