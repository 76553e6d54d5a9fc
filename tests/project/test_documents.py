"""Every command, definition and Python example that a document shows is run, in its order.

A document gets a folder of its own that holds a copy of ``experiments/``, as at the root of a
checkout. In its ``console`` and ``sh`` blocks the lines that begin with ``pathlift`` or ``cd`` are
run (``console``: those after ``$``, and the lines below one have to come); a line may end in
``# exit 1`` where that is the point of it. ``python`` blocks run too, each alone, or after
``<!-- goes on -->`` together with those before. A ``yaml`` block whose first line names its file is
written there and passes ``check``. ``<!-- not run: reason -->`` above a block leaves it out.
"""

import re
import shutil
from pathlib import Path

import pytest
from tests.support.documents import DEFINITION, Step, perform, steps

CHECKOUT = Path(__file__).parents[2]
PAGES = sorted(path.relative_to(CHECKOUT).as_posix() for path in CHECKOUT.glob("docs/**/*.md"))
DOCUMENTS = (
    "README.md",
    "experiments/README.md",
    "queries/README.md",
    "analysis/README.md",
    *PAGES,
)


def steps_of(name: str) -> list[Step]:
    """Steps of a document of the checkout; none where it explains without showing."""
    return steps((CHECKOUT / name).read_text(encoding="utf-8"))


def test_the_readme_shows_what_to_run() -> None:
    assert steps_of("README.md")


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in DOCUMENTS if steps_of(name)])
def test_what_a_document_shows_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PATHLIFT_REGISTRY", raising=False)
    shutil.copytree(CHECKOUT / "experiments", tmp_path / "experiments")
    folder = tmp_path
    for step in steps_of(name):
        done = perform(folder, step)
        assert done.code == step.exit_code, f"{step.text}\n{done.said}"
        said = " ".join(done.said.split())
        for line in step.shows:
            assert " ".join(line.split()) in said, (
                f"{step.text}\ndoes not say\n{line}\nbut\n{done.said}"
            )
        folder = done.folder


@pytest.mark.parametrize("name", PAGES)
def test_every_definition_of_a_page_is_one_that_is_checked(name: str) -> None:
    page = (CHECKOUT / name).read_text(encoding="utf-8")
    for block in re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        assert DEFINITION.match(block), (
            f"name the file of this definition in its first line\n{block}"
        )


def test_steps_are_read_from_console_sh_python_and_yaml_blocks_in_order() -> None:
    document = """
```console
$ pathlift demo
Wrote pathlift-demo
...
$ make test
$ cd pathlift-demo
```

```sh
PATHLIFT_REGISTRY=experiments pathlift check \\
    --data  # exit 1
ls
```

<!-- not run: needs a cluster -->
```sh
pathlift sql journeys --engine spark
```

```yaml
pathlift: no
```

```yaml
# experiments/button.yaml
title: This is one
```

```python
import pathlift
```

<!-- goes on -->
```python
print(pathlift)
```
"""
    assert steps(document) == [
        Step(language="sh", text="pathlift demo", shows=("Wrote pathlift-demo",)),
        Step(language="sh", text="cd pathlift-demo"),
        Step(
            language="sh",
            text="PATHLIFT_REGISTRY=experiments pathlift check      --data",
            exit_code=1,
        ),
        Step(language="yaml", text="# experiments/button.yaml\ntitle: This is one\n"),
        Step(language="python", text="import pathlift\nprint(pathlift)\n"),
    ]


def test_a_step_that_fails_is_seen_and_cd_lasts(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    left = perform(tmp_path, Step(language="sh", text="cd inner"))
    assert (left.folder, left.code) == (tmp_path / "inner", 0)
    assert perform(left.folder, Step(language="sh", text="cd .. && exit 3")).code == 3
    assert perform(left.folder, Step(language="python", text="raise SystemExit(4)")).code == 4
    refused = perform(left.folder, Step(language="sh", text="pathlift show nothing"))
    assert refused.code == 1
    assert "nothing" in refused.said


def test_a_definition_that_is_wrong_is_seen(tmp_path: Path) -> None:
    broken = "# experiments/broken.yaml\ntitle: No arms\n"
    done = perform(tmp_path, Step(language="yaml", text=broken))
    assert done.code == 1
    assert "arms" in done.said
