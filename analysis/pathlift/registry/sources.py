"""Which files hold the rows, and which of their columns are ours? Opens none of them."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pathlift.registry.addresses import Address, AddressError, is_remote
from pathlift.registry.document import DataPart, Document, SourcePart
from pathlift.registry.experiment import Column, Data, Expression, Shape, Source
from pathlift.registry.fields import ColumnPart
from pathlift.registry.findings import Findings, did_you_mean
from pathlift.registry.written import Loc

OURS: Final[Mapping[str, tuple[str, ...]]] = {
    "exposures": ("unit", "arm", "received", "exposed_at", "event_params"),
    "events": ("unit", "event", "occurred_at", "event_id", "received_at", "event_params"),
    "units": ("unit", "arm", "received", "exposed_at", "event_params"),
    "totals": ("arm", "day", "units"),
    "exclude_units": ("unit",),
    "assignments": ("unit", "arm", "assigned_at"),
    "identities": ("alias", "unit"),
}
TIMES: Final = ("exposed_at", "occurred_at", "received_at", "assigned_at")
SHAPES: Final[Mapping[Shape, tuple[str, ...]]] = {
    "journeys": ("exposures", "events"),
    "units": ("units",),
    "totals": ("totals",),
}

Written = str | tuple[str, ...] | SourcePart


def shape_of(findings: Findings) -> Shape | None:
    """Tell the shape of the data from the keys that the file has.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    {'journeys', 'units', 'totals'} or None
        None where the file does not say.
    """
    data = findings.written.value.get("data")
    if not isinstance(data, dict):
        return None
    found = [shape for shape, names in SHAPES.items() if any(name in data for name in names)]
    return found[0] if len(found) == 1 else None


def resolve_data(
    findings: Findings, document: Document, *, folder: Path, data_root: Path | None
) -> Data | None:
    """Resolve ``data``: paths become absolute, columns find their source.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    document : Document
    folder : Path
        Of the definition.
    data_root : Path or None
        Given by the user in place of ``data.root``.

    Returns
    -------
    Data or None
        None where no shape could be told.
    """
    data = document.data
    if data is None:
        findings.missing(
            "`data` is missing", "data", hint="exposures and events, or units, or totals"
        )
        return None
    shape = _shape(findings, data)
    if shape is None:
        return None
    _check_flat_columns(findings, data, shape)
    root = _root(findings, data, folder, data_root)
    names = [name for name in SHAPES[shape] if getattr(data, name) is not None]
    sources = [_source(findings, document, data, name, getattr(data, name), root) for name in names]
    if data.exclude_units is not None:
        if shape == "totals":
            findings.add_at_key(
                "`exclude_units` needs one row per unit; totals have none", "data", "exclude_units"
            )
        else:
            part = SourcePart.model_construct(
                path=data.exclude_units.path, columns=data.exclude_units.columns
            )
            sources.append(_source(findings, document, data, "exclude_units", part, root))
    for name in ("assignments", "identities"):
        written = getattr(data, name)
        if written is not None and shape == "totals":
            findings.add_at_key(f"`{name}` needs one row per unit; totals have none", "data", name)
        elif written is not None:
            sources.append(_source(findings, document, data, name, written, root))
    if data.timezone is not None:
        if shape == "totals":
            findings.add_at_key("`timezone` does nothing: totals hold no times", "data", "timezone")
        else:
            check_timezone(findings, data.timezone, "data", "timezone")
    return Data(shape=shape, root=root, sources=tuple(sources), timezone=data.timezone)


def check_timezone(findings: Findings, name: str, *loc: str | int) -> None:
    """Report a time zone that the time-zone database does not know.

    Parameters
    ----------
    findings : Findings
    name : str
        Such as ``Europe/Berlin``.
    *loc : str or int
        Where it stands.
    """
    if name == "UTC":  # known everywhere, also where no time-zone database is installed
        return
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zones = available_timezones()
        hint = did_you_mean(name, zones) if zones else "this machine has no time-zone database"
        hint = hint if "did you mean" in hint else "a name such as Europe/Berlin or UTC"
        findings.add(f"{name!r} is not a time zone", *loc, hint=hint)


def _shape(findings: Findings, data: DataPart) -> Shape | None:
    found = [
        shape
        for shape, names in SHAPES.items()
        if any(getattr(data, name) is not None for name in names)
    ]
    if not found:
        findings.missing(
            "`data` names no rows",
            "data",
            "exposures",
            hint="exposures and events, or units, or totals",
        )
        return None
    if len(found) > 1:
        named = [name for names in SHAPES.values() for name in names if getattr(data, name)]
        findings.add_at_key(
            f"`data` has {' and '.join(named)}; it takes exposures and events, or units, or totals",
            "data",
            named[-1],
        )
        return None
    for name in SHAPES[found[0]]:
        if getattr(data, name) is None:
            other = "events" if name == "exposures" else "exposures"
            findings.missing(f"`data` has `{other}` without `{name}`", "data", name)
    return found[0]


def _root(findings: Findings, data: DataPart, folder: Path, data_root: Path | None) -> Path:
    if data.root is not None and is_remote(data.root):
        findings.add(
            "`root` is a folder of this machine",
            "data",
            "root",
            hint="write the whole address at every path, and leave `root` out",
        )
    chosen = data_root if data_root is not None else folder / (data.root or "")
    return Path(os.path.abspath(chosen))  # noqa: PTH100  resolve() would follow links out of sight


def _source(
    findings: Findings,
    document: Document,
    data: DataPart,
    name: str,
    written: Written,
    root: Path,
) -> Source:
    loc: Loc = ("data", name)
    part = written if isinstance(written, SourcePart) else SourcePart.model_construct(path=written)
    path_loc = (*loc, "path") if isinstance(written, SourcePart) else loc
    arm_paths: dict[str, tuple[str, ...]] = {}
    paths: tuple[str, ...] = ()
    if isinstance(part.path, dict):
        if name in ("events", "exclude_units", "identities"):
            findings.add(
                f"a mapping of arms to paths tells the arm of a row; {name} have none", *path_loc
            )
        else:
            arm_paths = {
                arm: _paths(findings, one, root, (*path_loc, arm)) for arm, one in part.path.items()
            }
            _check_arm_paths(findings, document, part, arm_paths, path_loc)
    else:
        paths = _paths(findings, part.path, root, path_loc)
    if part.cumulative and name != "totals":
        findings.add_at_key(
            "`cumulative` is for running totals, in `totals` only", *loc, "cumulative"
        )
    return Source(
        name=name,
        paths=paths,
        arm_paths=arm_paths,
        columns=_columns(findings, document, data, name, part),
        where=findings.condition(part.where, *loc, "where") if part.where is not None else None,
        derive=dict(_derived(findings, name, part)),
        cumulative=part.cumulative,
        at=findings.written.key_at(*loc),
    )


def _paths(
    findings: Findings, written: str | tuple[str, ...], root: Path, loc: Loc
) -> tuple[str, ...]:
    listed = (written,) if isinstance(written, str) else written
    paths: list[str] = []
    for index, one in enumerate(listed):
        at = loc if isinstance(written, str) else (*loc, index)
        if not one.strip():
            findings.add("a path is empty", *at)
        if not is_remote(one):
            paths.append(os.path.normpath(root / one))
            continue
        try:
            paths.append(Address.of(one))
        except AddressError as refusal:
            findings.add(str(refusal), *at, hint=refusal.hint)
    return tuple(paths)


def _check_arm_paths(
    findings: Findings,
    document: Document,
    part: SourcePart,
    arm_paths: Mapping[str, tuple[str, ...]],
    loc: Loc,
) -> None:
    if document.arms is None or not findings.intact("arms"):
        return
    for arm in arm_paths:
        if arm not in document.arms:
            findings.add_at_key(
                f"`path` names {arm!r}, which is not an arm",
                *loc,
                arm,
                hint=did_you_mean(arm, document.arms),
            )
    for arm in document.arms:
        if arm not in arm_paths:
            findings.add_at_key(f"`path` has no file for arm {arm!r}", *loc)
    for columns in ((*loc[:-1], "columns", "arm"), ("data", "columns", "arm")):
        if findings.written.has(*columns):
            findings.add_at_key("`arm` does nothing: `path` tells the arm of every row", *columns)


def _check_flat_columns(findings: Findings, data: DataPart, shape: Shape) -> None:
    more = ("exclude_units", "assignments", "identities")
    sources = (*SHAPES[shape], *(name for name in more if getattr(data, name) is not None))
    known = [ours for name in sources for ours in OURS[name]]
    for ours in data.columns:
        if ours not in known:
            findings.add_at_key(
                f"unknown column `{ours}`: the keys of `columns` are our names",
                "data",
                "columns",
                ours,
                hint=did_you_mean(ours, known),
            )


def _columns(
    findings: Findings, document: Document, data: DataPart, name: str, part: SourcePart
) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    if document.unit is not None and name != "totals":
        columns["unit"] = Column(name=document.unit, at=findings.place("unit"))
    for ours, written in data.columns.items():
        if ours in OURS[name]:
            columns[ours] = _column(findings, ours, written, ("data", "columns", ours))
    for ours, written in part.columns.items():
        loc = ("data", name, "columns", ours)
        if ours not in OURS[name]:
            findings.add_at_key(
                f"unknown column `{ours}`: the keys of `columns` are our names",
                *loc,
                hint=did_you_mean(ours, OURS[name]),
            )
        else:
            columns[ours] = _column(findings, ours, written, loc)
    return columns


def _column(findings: Findings, ours: str, written: str | ColumnPart, loc: Loc) -> Column:
    if isinstance(written, ColumnPart) and ours not in TIMES:
        for key in ("unit", "format"):
            if getattr(written, key) is not None:
                findings.add_at_key(f"`{key}` is for times; `{ours}` is none", *loc, key)
    return time_column(findings, written, *loc)


def time_column(findings: Findings, written: str | ColumnPart, *loc: str | int) -> Column:
    """Resolve a column that may hold a time.

    Parameters
    ----------
    findings : Findings
    written : str or ColumnPart
    *loc : str or int
        Where it stands.

    Returns
    -------
    Column
    """
    if isinstance(written, str):
        return Column(name=written, at=findings.place(*loc))
    if written.unit is not None and written.format is not None:
        findings.add_at_key(
            "a time is an integer with `unit` or text with `format`, not both", *loc, "format"
        )
    return Column(
        name=written.column,
        unit=written.unit,
        format=written.format,
        at=findings.place(*loc, "column"),
    )


def _derived(findings: Findings, name: str, part: SourcePart) -> Iterator[tuple[str, Expression]]:
    derived = {other.lower() for other in part.derive}
    for column, text in part.derive.items():
        loc = ("data", name, "derive", column)
        if column.lower() in OURS[name]:
            findings.add_at_key(
                f"`{column}` is one of our columns; a derived column has a name of its own",
                *loc,
                hint="`columns` maps our names to those of the file",
            )
        for read in findings.columns(text):
            if read.lower() in derived:
                findings.add(
                    f"derived column `{column}` reads `{read}`, which is derived as well",
                    *loc,
                    hint="compute it from columns of the file",
                )
        yield column, findings.number(text, *loc)
