"""Brings the READMEs of the folders on top into the site, and turns links between them round.

A document stays where its code is and is written once. Links are written as they lie in the
checkout, so that they work there too: here they are pointed at the same document within the site.
Knows nothing of what the documents say.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

CHECKOUT = Path(__file__).parents[1]
ON_TOP = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "DECISIONS.md",
    "LICENSE",
    "*/README.md",
    "analysis/CHECKS.md",
    "experiments/*.yaml",
    "experiments/*.json",
    "experiments/presets/*.yaml",
)
LINK = re.compile(r"(?P<text>!?\[[^\]]*\])\((?P<target>[^)#\s]+)?(?P<anchor>#[^)\s]*)?\)")
"""A link in Markdown; one with a title is not used here, and would be left as it is."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what lies on top of the checkout."""
    for pattern in ON_TOP:
        for path in sorted(CHECKOUT.glob(pattern)):
            uri = path.relative_to(CHECKOUT).as_posix()
            if not uri.startswith("docs/"):
                files.append(File.generated(config, uri, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point links at where their targets are in the site."""
    return "".join(
        part if code else LINK.sub(lambda link: _pointed(link, page.file.src_uri, files), part)
        for code, part in _blocks(markdown)
    )


def _blocks(markdown: str) -> list[tuple[bool, str]]:
    """Text outside and inside of fenced code, in its order; code is True."""
    parts = re.split(r"(^```.*?^```$)", markdown, flags=re.MULTILINE | re.DOTALL)
    return [(n % 2 == 1, part) for n, part in enumerate(parts)]


def _pointed(link: re.Match[str], page: str, files: Files) -> str:
    """The link from this page to its target; its text alone where the site has no such target."""
    target, anchor = link["target"], link["anchor"] or ""
    if target is None or "://" in target:
        return link[0]
    of_docs = files.get_file_from_path(page)
    generated = of_docs is not None and of_docs.generated_by is not None
    lies_in = posixpath.dirname(page if generated else f"docs/{page}")
    wanted = posixpath.normpath(posixpath.join(lies_in, target))
    if not (CHECKOUT / wanted).exists():
        return link[0]  # a broken link: the strict build says so
    found = wanted.removeprefix("docs/")
    if files.get_file_from_path(found) is None:
        return link["text"].strip("[]")
    return f"{link['text']}({posixpath.relpath(found, posixpath.dirname(page) or '.')}{anchor})"
