"""A page of documentation and somebody who types its examples, in their order.

Examples are fenced blocks of `bash` and `python`; a block of `json` that follows one is
what it shows.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXPORT = re.compile(r"^export (\w+)=.*$", re.MULTILINE)
# stands for whatever is left out of an answer
REST = "…"
# what stands between two examples that are typed, before a shell's exit status
END = "=== typed ==="
# reads examples and runs them in one namespace
PYTHON = f"""
import sys, traceback
names, text = {{"__name__": "__main__"}}, ""
for line in sys.stdin:
    if line.strip() != "{END}":
        text += line
        continue
    status = 0
    try:
        exec(compile(text, "page", "exec"), names)
    except BaseException:
        traceback.print_exc(file=sys.stdout)
        status = 1
    print("\\n{END}", status, flush=True)
    text = ""
"""


@dataclass(frozen=True)
class Example:
    """What is typed, and the answer that the page shows."""

    line: int
    language: str
    text: str
    answer: str = ""

    def __str__(self) -> str:
        return f"line-{self.line}-{self.language}"


def examples(page: str) -> Iterator[Example]:
    """The examples of a page, each with its answer."""
    last: Example | None = None
    for found in FENCE.finditer(page):
        line = page.count("\n", 0, found.start()) + 1
        language, text = found.groups()
        if language == "json":
            assert last, f"line {line}: an answer to nothing"
            yield Example(last.line, last.language, last.text, text)
            last = None
            continue
        if last:
            yield last
        last = Example(line, language, text)
    if last:
        yield last


def is_like(shown: Any, told: Any) -> bool:
    """Whether an answer is what the page shows.

    Numbers may be others, also within texts; what stands for a rest may be anything.
    """
    if isinstance(shown, dict):
        names = shown.keys() - {REST}
        return (
            isinstance(told, dict)
            and (names == told.keys() or (REST in shown and names < told.keys()))
            and all(is_like(shown[name], told[name]) for name in names)
        )
    if isinstance(shown, list):
        rest = REST in shown
        rows = [row for row in shown if row != REST]
        return (
            isinstance(told, list)
            and (len(rows) <= len(told) if rest else len(rows) == len(told))
            and all(map(is_like, rows, told))
        )
    if isinstance(shown, str) and isinstance(told, str):
        parts = (re.escape(part) for part in without_numbers(shown).split(REST))
        return bool(re.fullmatch(".*".join(parts), without_numbers(told), re.DOTALL))
    if isinstance(shown, bool) or isinstance(told, bool):
        return shown is told
    return type(shown) is type(told)


def without_numbers(text: str) -> str:
    """A text in which every number is the same."""
    return re.sub(r"[0-9]+", "0", text)


class Prompt:
    """A program that runs what is typed, as long as the prompt is open."""

    def __init__(self, command: Sequence[str], end: str, **where: Any) -> None:
        self._end = end
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **where,
        )

    def type(self, text: str) -> str:
        """Run a text; what it wrote.

        :raises AssertionError: it failed
        """
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{text}\n{self._end}\n")
        self._process.stdin.flush()
        written = ""
        for line in self._process.stdout:
            if line.startswith(END):
                assert line.split()[-1] == "0", written
                return written.strip()
            written += line
        raise AssertionError(f"it has ended: {written}")

    def close(self) -> None:
        """End it."""
        self._process.communicate()


class Reader:
    """Types examples into one shell and one Python, in a folder of his own.

    :param given: what he puts in place of the values that the page exports
    :param python: the interpreter
    :param programs: a folder with programs that the page names
    """

    def __init__(
        self, folder: Path, given: Mapping[str, str], python: Path, programs: Path
    ) -> None:
        self.folder, self.given = folder, given
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        here = {"cwd": folder, "env": {**os.environ, "PATH": path, **given}}
        self.prompts = {
            "bash": Prompt(
                ["bash", "--norc"], f"printf '\\n{END} %s\\n' \"$?\"", **here
            ),
            "python": Prompt([str(python), "-c", PYTHON], END, **here),
        }

    def type(self, language: str, text: str) -> str:
        """Type an example; what it wrote."""
        if language == "bash":
            text = EXPORT.sub(
                lambda found: f"export {found[1]}='{self.given[found[1]]}'", text
            )
        return self.prompts[language].type(text)

    def close(self) -> None:
        """Leave the prompts."""
        for prompt in self.prompts.values():
            prompt.close()
