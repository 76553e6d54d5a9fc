"""`pathlift explain`: what a check, a method, a status or any other word of a result means."""

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

from pathlift.cli.completing import Word
from pathlift.cli.options import TALK, Talk, UsageError
from pathlift.cli.screen import color, width, write

if TYPE_CHECKING:
    from pathlift.vocabulary.keys import Keys
    from pathlift.vocabulary.topics import Topic

_MOST_MENTIONS = 5
_MOST_PATHS = 4
_WIDEST = 100
_SHORT = 4


def explain_command(
    *word: Word, format: Literal["text", "json"] = "text", common: Talk = TALK
) -> None:
    """Say what a check, a method, a status or any other word of a result means.

    Parameters
    ----------
    word : str
        Such as srm, max_t, causal_if or incidence; without one, all are listed.
    format : {"text", "json"}
        How it is printed.
    """
    from pathlift.vocabulary.topics import topics

    if not word:
        every = topics()
        write(_json(every) if format == "json" else _listing(every))
        return
    asked = " ".join(word)
    found = _found(asked)
    write(_json(found) if format == "json" else _told(found))


def _found(asked: str) -> tuple["Topic", ...]:
    """Topics of that name; else keys of documents; else what mentions the word."""
    from pathlift.registry.findings import closest
    from pathlift.vocabulary.topics import Topic, spelled, topics

    name, every = spelled(asked), topics()
    exact = tuple(topic for topic in every if topic.name == name)
    documents = tuple(_documents())
    keys = tuple(
        Topic(name=name, kind=f"key of a {document}: {_paths(paths)}", text=text)
        for document, known in documents
        for text, paths in known.get(name, {}).items()
    )
    if exact or keys:
        return (*exact, *keys)
    known = dict.fromkeys(topic.name for topic in every)
    for _, keys_of_one in documents:
        known |= dict.fromkeys(keys_of_one)
    near = closest(name, known) or _letter_apart(name, known)
    mentions = tuple(topic for topic in every if _mentions(topic, asked.lower()))
    if mentions and len(mentions) <= _MOST_MENTIONS and len(asked) > 2:
        return mentions
    hint = f"did you mean {near}?" if near else "`pathlift explain` alone lists all words"
    raise UsageError(f"no word {asked!r} is known here\n  hint: {hint}")


def _letter_apart(name: str, known: Iterable[str]) -> str | None:
    """A word of three or four letters that one other letter makes; longer ones are alike anyway."""
    same_length = (other for other in known if len(other) == len(name) <= _SHORT)
    return next((o for o in same_length if sum(map(str.__ne__, o, name)) == 1), None)


def _mentions(topic: "Topic", asked: str) -> bool:
    whole = f"{topic.name} {topic.text} {topic.source}".lower()
    return re.search(rf"\b{re.escape(asked)}", whole) is not None


def _documents() -> Iterator[tuple[str, "Keys"]]:
    """The keys of a result and of a definition; what a check is called is explained as a check."""
    from pathlift.registry.schema import experiment_schema
    from pathlift.result.schema import result_schema
    from pathlift.vocabulary.keys import keys_of

    yield "result", keys_of(result_schema())
    definition = experiment_schema()
    definition["$defs"]["ChecksPart"] = {}
    yield "definition", keys_of(definition)


def _paths(paths: Sequence[str]) -> str:
    more = len(paths) - _MOST_PATHS
    return ", ".join(paths[:_MOST_PATHS]) + (f" and {more} more places" if more > 0 else "")


def _listing(every: Sequence["Topic"]) -> str:
    lines: list[str] = []
    for kind in dict.fromkeys(topic.kind for topic in every):
        names = ", ".join(topic.name for topic in every if topic.kind == kind)
        lines += [_bold(kind), *_wrapped(names), ""]
    lines += _wrapped(
        "Every key of a result and of a definition too, such as `pathlift explain critical_value`.",
        indent="",
    )
    return "\n".join(lines) + "\n"


def _told(found: Sequence["Topic"]) -> str:
    lines: list[str] = []
    for topic in found:
        lines += [f"{_bold(topic.name)} ({topic.kind})", *_wrapped(topic.text)]
        if topic.kind == "check":
            lines += _thresholds(topic.name)
        if topic.source:
            lines += _wrapped(f"Source: {topic.source}.")
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"


def _thresholds(check: str) -> Iterator[str]:
    """What turns the check, by default, and how a definition moves it."""
    from pathlift.registry.thresholds import THRESHOLDS

    for name, threshold in THRESHOLDS.get(check, {}).items():
        yield f"    {name + ':':<24} {threshold.default:<8g} {threshold.about}"
    if check in THRESHOLDS:
        first = next(iter(THRESHOLDS[check]))
        yield from _wrapped(
            f"`checks: {{{check}: {{{first}: ...}}}}` in a definition moves it; results say so."
        )


def _json(found: Sequence["Topic"]) -> str:
    return json.dumps([asdict(topic) for topic in found], indent=2, ensure_ascii=False) + "\n"


def _wrapped(text: str, indent: str = "  ") -> list[str]:
    columns = min(width() or _WIDEST, _WIDEST)
    return textwrap.wrap(
        text,
        columns,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _bold(text: str) -> str:
    return f"\x1b[1m{text}\x1b[0m" if color() else text
