"""Free text of a definition on a page: a little Markdown, and nothing that acts or loads.

Emphasis, code, lists and links are set; headings, images and HTML stay the letters that were typed,
and links to anything but a web page or a mail address do as well.
"""

from collections.abc import Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape

_RULES = ("backticks", "emphasis", "entity", "escape", "image", "link", "list", "newline")
_FOLLOWED = ("http://", "https://", "mailto:")


def prose(text: str) -> Markup:
    r"""Set a free text as paragraphs and lists.

    Parameters
    ----------
    text : str
        As the definition gives it.

    Returns
    -------
    Markup

    Examples
    --------
    >>> prose("Content *lifts* <b>more</b>").strip()
    Markup('<p>Content <em>lifts</em> &lt;b&gt;more&lt;/b&gt;</p>')
    >>> prose("[no](javascript:x) ![no](https://x.test/a.png)").strip()
    Markup('<p>[no](javascript:x) ![no](https://x.test/a.png)</p>')
    """
    return Markup(_reader().render(text))


@lru_cache(maxsize=1)
def _reader() -> MarkdownIt:
    reader = MarkdownIt("zero", {"html": False}).enable(list(_RULES))
    reader.validateLink = _followed  # type: ignore[method-assign]
    reader.add_render_rule("image", _as_typed)
    return reader


def _followed(url: str) -> bool:
    return url.lower().startswith(_FOLLOWED)


def _as_typed(
    _: RendererProtocol, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType
) -> str:
    image = tokens[at]
    return str(escape(f"![{image.content}]({image.attrs['src']})"))
