"""The documentation as a site: it builds without a warning, asks for nothing, and is current."""

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pathlift.registry.schema import experiment_schema
from pathlift.result.schema import result_schema

CHECKOUT = Path(__file__).parents[2]
REFERENCE = CHECKOUT / "docs" / "reference"


def script(name: str) -> ModuleType:
    """A script of the folder of documents, which is no package."""
    spec = importlib.util.spec_from_file_location(name, CHECKOUT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_reference_is_that_of_the_models() -> None:
    for name, text in script("write_reference").pages().items():
        committed = (REFERENCE / name).read_text(encoding="utf-8")
        assert committed == text, f"docs/reference/{name}: run `python docs/write_reference.py`"


@pytest.mark.parametrize(
    ("page", "schema"), [("definition.md", experiment_schema()), ("result.md", result_schema())]
)
def test_every_key_of_every_model_has_its_line(page: str, schema: dict[str, object]) -> None:
    definitions = schema["$defs"]
    assert isinstance(definitions, dict)
    written = set(re.findall(r"^\| `([^`]+)` \|", (REFERENCE / page).read_text("utf-8"), re.M))
    keys = {key for one in (schema, *definitions.values()) for key in one.get("properties", {})}
    assert written == keys


def test_no_page_of_the_site_fetches_anything_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 10
    fetched = re.compile(r"<(?:link|script|img|iframe)[^>]*(?:href|src)=[\"']?(?:https?:)?//")
    for page in pages:
        assert fetched.search(page.read_text(encoding="utf-8")) is None, page.name
    styles = "".join(path.read_text("utf-8") for path in site.rglob("*.css"))
    assert re.search(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", styles) is None


def test_documents_on_top_are_pages_and_their_links_lead_to_pages(site: Path) -> None:
    statistics = (site / "analysis" / "index.html").read_text(encoding="utf-8")
    assert 'href="../experiments/index.html#analysisencouragement"' in statistics
    home = (site / "index.html").read_text(encoding="utf-8")
    assert 'href="why-not-compare-observed-orderings.html"' in home
    assert 'src="report.png"' in home
    assert (site / "report.png").is_file()


def test_the_cells_of_the_notebook_page_end_in_what_is_shown_below_them() -> None:
    page = (CHECKOUT / "docs" / "notebook.md").read_text(encoding="utf-8")
    cells = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(cells) == 3
    names: dict[str, Any] = {}
    shown = []
    for cell in cells:  # as a notebook does: the value of a last expression is what it shows
        *body, last = ast.parse(cell).body
        exec(compile(ast.Module(body=body, type_ignores=[]), "cell", "exec"), names)
        if isinstance(last, ast.Expr):
            shown.append(eval(compile(ast.Expression(body=last.value), "cell", "eval"), names))
        else:
            exec(compile(ast.Module(body=[last], type_ignores=[]), "cell", "exec"), names)
    result, frame = shown
    assert result.decision.sentence.split(":")[0] in result._repr_html_()
    assert frame.rows() == [
        ("converted", "green", "grey", one.arm_value, one.control_value, one.p_value)
        for one in result.estimates
    ]
