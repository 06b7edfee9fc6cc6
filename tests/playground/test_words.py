"""The page's words stand in one file, and all of them are used."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import glassnet as gn

PAGE = Path(gn.__file__).parent / "playground" / "static"
WORDS: dict[str, Any] = json.loads((PAGE / "words.json").read_text(encoding="utf-8"))
FORMS = {"one", "other"}  # of a text, for one and for several


def paths(words: dict[str, Any], before: str = "") -> set[str]:
    found = set()
    for name, value in words.items():
        is_text = isinstance(value, str | list) or set(value) == FORMS
        found |= {before + name} if is_text else paths(value, f"{before}{name}.")
    return found


def asked() -> list[re.Pattern[str]]:
    """What the modules ask for; in ${...} anything may stand."""
    calls = re.compile(r"(?:say|wordsOf)\(\s*([\"`])(.+?)\1")
    chosen = re.compile(r"\"([a-z_]+\.[a-z_0-9.]+)\"")  # between two, for instance
    texts = [path.read_text(encoding="utf-8") for path in PAGE.rglob("*.js")]
    texts = [text for text in texts if "words.js" in text]
    found = {match[2] for text in texts for match in calls.finditer(text)}
    known = paths(WORDS)
    found |= {name for text in texts for name in chosen.findall(text) if name in known}
    within = re.compile(r"\$\{.*?\}+")
    return [re.compile(".+".join(map(re.escape, within.split(one)))) for one in found]


def test_what_is_asked_for_is_there_and_what_is_there_is_asked_for() -> None:
    known = paths(WORDS)
    patterns = asked()
    for pattern in patterns:
        assert any(pattern.match(path) for path in known), pattern.pattern
    unused = [path for path in known if not any(one.match(path) for one in patterns)]
    assert unused == []


def test_no_word_of_the_command_line_stands_on_the_page() -> None:
    text = json.dumps(WORDS)
    assert not re.search(r"glassnet (train|play|predict|inspect)|--[a-z]|train_table", text)
