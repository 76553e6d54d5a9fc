"""`pathlift init`: a new registry that runs at once."""

import shutil
import tempfile
from pathlib import Path
from typing import Literal

from pathlift.cli.options import TALK, Talk
from pathlift.cli.samples import write_ab, write_journeys, write_prompts, write_totals
from pathlift.cli.scaffold import write_definition
from pathlift.cli.screen import note, progress_bar, write
from pathlift.cli.value_sample import write_value
from pathlift.errors import PathliftError, Problem

Template = Literal["journeys", "ab", "totals", "prompts", "value"]

_EXPERIMENT = {
    "journeys": "journeys",
    "ab": "checkout_button",
    "totals": "free_trial",
    "prompts": "prompt_order",
    "value": "beyond_gmv",
}
_DATA = {
    "journeys": write_journeys,
    "ab": write_ab,
    "totals": write_totals,
    "prompts": write_prompts,
    "value": write_value,
}

_README = """# Experiments

`experiments/` holds one definition a file; `experiments/data/` holds made-up data for the example,
to be replaced by your own. Results are written to `results/`.

    pathlift check --data             # are the definitions sound, and do the data fit them?
    pathlift show {name}
    pathlift analyze {name}
    pathlift report {name} --open     # the result as a page

To start an experiment of your own, copy `experiments/{name}.yaml`, point `data:` at your files and
run `pathlift check --data` until it is silent.
"""


def init_command(folder: Path, *, template: Template = "journeys", common: Talk = TALK) -> None:
    """Make a new registry: one commented experiment and small data, ready to analyse.

    Parameters
    ----------
    folder : Path
        Made where it does not exist; nothing in it is overwritten.
    template : {"journeys", "ab", "totals", "prompts", "value"}
        Exposures and events in Parquet; one row per customer in Parquet; totals per day in CSV;
        six arms that cross channel with the order of prompts, as exposures and events; two arms
        of which one moves value more than it adds, likewise.
    """
    name = _EXPERIMENT[template]
    parts = (Path("experiments") / "data" / name, Path("experiments") / f"{name}.yaml")
    taken = [folder / part for part in parts if (folder / part).exists()]
    if taken or (folder.exists() and not folder.is_dir()):
        raise PathliftError(
            Problem(message="is there already", subject=str(path), hint="name another folder")
            for path in taken or [folder]
        )
    folder.mkdir(parents=True, exist_ok=True)
    # Beside its place, so that the last step is a rename and nothing half-made is left.
    with tempfile.TemporaryDirectory(dir=folder, prefix=".init-") as scratch:
        draft = Path(scratch)
        write_definition(name, draft / "experiments")
        with progress_bar(common) as progress:
            if progress is not None:
                progress("making data up", 0.0)
            _DATA[template](draft / "experiments")
        (draft / "README.md").write_text(_README.format(name=name), encoding="utf-8")
        for file in sorted(path for path in draft.rglob("*") if path.is_file()):
            place = folder / file.relative_to(draft)
            if place.exists():  # a README or a schema of an earlier template
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(file, place)
            write(f"{place}\n")
    note(common, f"ready: cd {folder} && pathlift analyze {name}")
