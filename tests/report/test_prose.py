"""Free text of a definition: a little Markdown, nothing that acts or loads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report.page import read_page

from pathlift.report.prose import prose


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("it *lifts* **much**", "<p>it <em>lifts</em> <strong>much</strong></p>"),
        ("by `3 %`", "<p>by <code>3 %</code></p>"),
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("[why](https://a.test)", '<p><a href="https://a.test">why</a></p>'),
        ("[no](javascript:x)", "<p>[no](javascript:x)</p>"),
        ("[no](data:text/html,x)", "<p>[no](data:text/html,x)</p>"),
        ("![no](https://a.test/b.png)", "<p>![no](https://a.test/b.png)</p>"),
        ("`![x](y)`", "<p><code>![x](y)</code></p>"),
        ("# no head", "<p># no head</p>"),
        ('<b onclick="x">', "<p>&lt;b onclick=&quot;x&quot;&gt;</p>"),
    ],
)
def test_what_is_typed_is_shown(typed: str, shown: str) -> None:
    assert prose(typed).strip() == shown


# letters that open something in Markdown or HTML, in any order
@given(st.text(alphabet="<>&\"'`*_[]()!#-\\:/ \naxj", max_size=60))
def test_only_harmless_elements_come_out(typed: str) -> None:
    page = read_page(f"<main>{prose(typed)}</main>")
    found = {element.tag for element in page.all()} - {"main"}
    assert found <= {"p", "em", "strong", "code", "ul", "ol", "li", "a", "br"}
