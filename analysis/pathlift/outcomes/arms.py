"""Do the arms of the data and of the definition agree? Reads nothing."""

import difflib
import re
from collections.abc import Mapping

from pathlift.errors import Place, Problem
from pathlift.registry.experiment import Experiment

_SHOWN = 8


def check_arms(
    rows: Mapping[str | None, int], experiment: Experiment, *, source: str, at: Place | None
) -> tuple[Problem, ...]:
    """Arms that only one of the two knows, with the line that would declare them.

    Parameters
    ----------
    rows : mapping of str or None to int
        Rows by the arm as the data write it; None for rows without one.
    experiment : Experiment
    source : str
        Name of the source, for the message.
    at : Place or None
        Where the source is declared.

    Returns
    -------
    tuple of Problem
        Empty where they agree.
    """
    declared = {arm.value: arm for arm in experiment.arms}
    seen = [value for value in rows if value is not None]
    absent = [arm for arm in experiment.arms if arm.value not in seen]
    problems = []
    if rows.get(None):
        problems.append(
            Problem(
                message=f"{source}: {counted(rows[None], 'row')} without an arm (NULL)",
                at=at,
                hint="correct the data, or leave such rows out with `where`",
            )
        )
    strange = sorted(set(seen) - set(declared))
    if len(strange) > _SHOWN:
        samples = ", ".join(repr(value) for value in strange[:_SHOWN])
        problems.append(
            Problem(
                message=f"{source}: {counted(len(strange), 'arm')} of the data are not declared, "
                f"such as {samples}",
                at=at,
                hint="another column may be meant: `columns: {arm: NAME}`",
            )
        )
        strange = []
    for value in strange:
        problems.append(
            Problem(
                message=f"{source}: arm {value!r} ({counted(rows[value], 'row')}) is not declared",
                at=at,
                hint=_declaring(value, [arm.name for arm in absent]),
            )
        )
    written = ", ".join(repr(value) for value in sorted(seen)[:_SHOWN])
    more = f" and {len(seen) - _SHOWN} more" if len(seen) > _SHOWN else ""
    for arm in absent:
        as_written = "" if arm.value == arm.name else f" (written {arm.value!r})"
        problems.append(
            Problem(
                message=f"{source}: no row has arm {arm.name!r}{as_written}",
                at=arm.at or at,
                hint=f"the arms of the data are {written}{more}; `value:` says how one is written"
                if seen
                else "no row is left; look at `where`",
            )
        )
    return tuple(problems)


def _declaring(value: str, absent: list[str]) -> str:
    name = re.sub(r"\W+", "_", value).strip("_").lower() or "arm"
    close = difflib.get_close_matches(name, absent, n=1, cutoff=0.6)
    quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    line = f"{close[0] if close else name}: {{value: {quoted}}}"
    leave = "leave its rows out with `where`, or give it `analyzed: false`"
    return f"write under `arms:` `{line}`; or {leave}"


def counted(count: int, what: str) -> str:
    """A count with its noun.

    Parameters
    ----------
    count : int
        At least 0; thousands are set apart.
    what : str
        The noun in the singular; it takes an s where `count` is not 1.

    Returns
    -------
    str

    Examples
    --------
    >>> counted(1, "row"), counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
