"""Write the reference part of docs/cli.md from the command line itself: python tools/make_cli_docs.py

What stands above the marker line is written by hand and kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from liveness.cli import build_parser

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
MARKER = "<!-- below this line: written by tools/make_cli_docs.py -->\n"


def reference(parser: argparse.ArgumentParser) -> str:
    """Markdown: a heading and a table of arguments for each command."""
    parts = [_arguments(parser)]
    for command, about in _commands(parser):
        parts += [f"## {command.prog}\n", f"{command.description or about}\n", _arguments(command)]
    return "\n".join(part for part in parts if part)


def updated(text: str) -> str:
    """The page with its reference part made anew."""
    return text.split(MARKER)[0] + MARKER + "\n" + reference(build_parser())


def _commands(parser: argparse.ArgumentParser) -> Iterator[tuple[argparse.ArgumentParser, str]]:
    """Every command and action with its line in the help, in the order of the help."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            about = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, command in action.choices.items():
                yield command, about.get(name, "")
                yield from _commands(command)


def _arguments(parser: argparse.ArgumentParser) -> str:
    """A table of a command's own arguments; empty when it has none but --help."""
    rows = []
    for action in parser._actions:
        if isinstance(action, (argparse._HelpAction, argparse._SubParsersAction)):
            continue
        said = (action.help or "") % {**vars(action), "prog": parser.prog}
        cells = (cell.replace("|", "\\|") for cell in (_name(action), said))
        rows.append(f"| {' | '.join(cells)} |\n")
    return "| argument | meaning |\n|-|-|\n" + "".join(rows) if rows else ""


def _name(action: argparse.Action) -> str:
    """How an argument is written, e.g. ``--every N`` or ``PATH...``."""
    value = action.metavar or (
        "{" + ",".join(map(str, action.choices)) + "}" if action.choices else action.dest.upper()
    )
    value = " ".join(value) if isinstance(value, tuple) else value
    value = value if action.nargs != 0 else ""
    value += "..." if action.nargs in ("*", "+") else ""
    if action.option_strings:
        return ", ".join(f"`{f'{option} {value}'.strip()}`" for option in action.option_strings)
    return f"`[{value}]`" if action.nargs in ("?", "*") else f"`{value}`"


def main() -> None:
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
