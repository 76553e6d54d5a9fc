"""What does a refusal of pydantic mean for the person who wrote the file? Knows no rule itself.

Joins each error with its line and column, in plain words, and takes the refused part out of the
document so that everything else is still checked.
"""

import copy
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from pathlift.registry.document import (
    Document,
    MeanPart,
    ProportionPart,
    QuantilePart,
    RatioPart,
)
from pathlift.registry.findings import Findings, closest, did_you_mean
from pathlift.registry.thresholds import NO_THRESHOLD, THRESHOLDS
from pathlift.registry.written import Loc

# Sections whose entries stand alone: one refused arm leaves the others readable.
_BY_ENTRY: Final = (
    "arms",
    "metrics",
    "families",
    "stages",
    "presets",
    "analysis",
    "decision",
    "checks",
)
_ENTRY: Final = {"arms": "arm", "metrics": "metric", "families": "family"}


def read_document(findings: Findings, written: dict[str, Any]) -> Document:
    """Read what a file says; what it must not say is reported and left out.

    Parameters
    ----------
    findings : Findings
        Takes the problems.
    written : dict
        Plain values of the file; not changed.

    Returns
    -------
    Document
        What could be read.
    """
    document = copy.deepcopy(written)
    tell = True
    while True:
        models: dict[int, type[BaseModel]] = {}
        try:
            return Document.model_validate(document, context=models)
        except ValidationError as refusal:
            errors = refusal.errors(include_url=False)
            # Unknown keys first: a key that was meant is not called missing as well.
            errors.sort(key=lambda error: error["type"] != "extra_forbidden")
            locs = [_in_document(document, error["loc"]) for error in errors]
            for error, loc in zip(errors, locs, strict=True):
                # What is found after a part was taken out may be a consequence of that.
                if tell and not _follows(loc, locs):
                    _tell(findings, document, models, error, loc)
                findings.touched.add(loc)
            left_out = [
                _take_out(document, loc, unknown_key=error["type"] == "extra_forbidden")
                for error, loc in zip(errors, locs, strict=True)
            ]
            if not any(left_out):  # without progress, this would never end
                for loc in locs:
                    document.pop(str(loc[0]) if loc else next(iter(document)), None)
            tell = False


def _follows(loc: Loc, others: list[Loc]) -> bool:
    """Whether a part of this value is refused: then the value as a whole needs no word."""
    return any(len(other) > len(loc) and other[: len(loc)] == loc for other in others)


def _in_document(document: dict[str, Any], loc: Loc) -> Loc:
    """`loc` without the tags that a choice between forms puts in.

    A key that is missing is kept: it is the last part, and its parent is there.
    """
    kept: list[str | int] = []
    node: Any = document
    for index, part in enumerate(loc):
        inside = (isinstance(node, dict) and part in node) or (
            isinstance(node, list) and isinstance(part, int) and part < len(node)
        )
        if inside:
            node = node[part]
        elif not (index == len(loc) - 1 and isinstance(node, dict)):
            continue
        kept.append(part)
    return tuple(kept)


def _take_out(document: dict[str, Any], loc: Loc, *, unknown_key: bool) -> bool:
    """Leave out an unknown key; of anything else the entry or section that holds it."""
    keep = len(loc) if unknown_key else (2 if loc[:1] and loc[0] in _BY_ENTRY else 1)
    try:
        parent = _at(document, loc[: keep - 1])
        del parent[loc[:keep][-1]]
    except (KeyError, IndexError, TypeError):
        return False  # left out already, with what it was in
    return True


def _tell(
    findings: Findings,
    document: dict[str, Any],
    models: Mapping[int, type[BaseModel]],
    error: ErrorDetails,
    loc: Loc,
) -> None:
    name = _named(loc)
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    match kind:
        case "extra_forbidden":
            _tell_unknown_key(findings, document, models, loc)
        case "missing":
            model = models.get(id(_at(document, loc[:-1])))
            field = _keys(model).get(str(loc[-1])) if model else None
            about = (field.description or "").rstrip(".") if field else ""
            hint = f"`{loc[-1]}`: {about}" if about else ""
            findings.missing(f"{_owner(loc)} has no `{loc[-1]}`", *loc, hint=hint)
        case "union_tag_not_found":
            findings.add_at_key(
                f"{_owner((*loc, 'kind'))} has no `kind`",
                *loc,
                hint=_listed(_KINDS.get(str(loc[0]), ())),
            )
        case "union_tag_invalid":
            kinds = _KINDS.get(str(loc[0]), ())
            written = context.get("tag", "")
            findings.add(
                f"{_named((*loc, 'kind'))} is {_listed(kinds)}, not {_say(written)}",
                *loc,
                "kind",
                hint=_nearest(written, kinds),
            )
        case "literal_error":
            choices = _choices(str(context.get("expected", "")))
            findings.add(
                f"{name} is {_listed(choices)}, not {_say(value)}",
                *loc,
                hint=_nearest(value, choices) or _quotes(value) or _HINTS.get(str(loc[-1]), ""),
            )
        case "plain":
            findings.add(str(context["text"]), *loc, hint=str(context["hint"]))
        case "form":
            findings.add(f"{error['msg']}, not {_say(value)}", *loc, hint=_quotes(value))
        case "greater_than" | "less_than":
            findings.add(f"{_owned(loc)} {_say(value)}; {_range(loc)}", *loc, hint=_range_hint(loc))
        case "greater_than_equal" | "less_than_equal":
            bound = "at least" if kind.startswith("greater") else "at most"
            limit = error["ctx"]["ge" if kind.startswith("greater") else "le"]
            findings.add(f"{_owned(loc)} {_say(value)}; it is {bound} {limit:g}", *loc)
        case "string_too_short" | "too_short" if not isinstance(value, dict):
            findings.add(f"{name} is empty", *loc)
        case "too_short" | "too_long":
            findings.add(f"{name} has {len(value)} entries; {_how_many(error)}", *loc)
        case _:
            expected = _EXPECTED.get(kind, error["msg"][:1].lower() + error["msg"][1:])
            hint = "write true or false" if kind == "bool_type" else ""
            if kind == "string_type":
                hint = _quotes(value)
            elif kind == "tuple_type" and isinstance(value, str):
                hint = f"write [{value}]"
            elif kind == "tuple_type" and isinstance(value, dict):
                hint = "write each entry as an item: [{...}, {...}]"
            elif kind.startswith("model"):
                hint = _MAPPINGS.get(_key_of(loc), "")
            findings.add(f"{name} is {expected}, not {_say(value)}", *loc, hint=hint)


_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "metrics": ("proportion", "mean", "ratio", "quantile"),
    "families": ("displacement", "attribution", "pull_forward", "concentration"),
}
_SHARES: Final = ("alpha", "winsorize", "q", "power")
_HINTS: Final = {
    "ties": "or, to break them, {priority: [...]} with every declared stage once",
    "treatment": "leave it out, and give `ordering` where one is intended",
}
_MAPPINGS: Final = {
    "equivalence": "such as {absolute: 0.005} or {relative: 0.02}",
    "covariates": "a covariate is a column, {column: ...} or {name: {sum: ...}}",
    "looks": "such as {kind: fixed}",
    "margin": "such as {absolute: 0.005} or {relative: 0.02}",
    "multiplicity": "such as {method: max_t}",
    "traffic": "such as {new_per_day: 4000} or {cumulative: {7d: 20000, 28d: 52000}}",
    "presets": "such as marketplace, or {strict: {trust: \"event = 'review'\"}}",
    "outages": "such as {stage: trust, from: 2026-03-10T08:00, to: 2026-03-10T20:00}",
    "period": "such as {first_day: 2026-03-02, last_day: 2026-03-29}",
    "worth": "such as {absolute: 0.005} or {relative: 0.02}",
}
_EXPECTED: Final = {
    "string_type": "text",
    "float_type": "a number",
    "finite_number": "a finite number",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "dict_type": "a mapping of names",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
}


def _tell_unknown_key(
    findings: Findings, document: dict[str, Any], models: Mapping[int, type[BaseModel]], loc: Loc
) -> None:
    parent = _at(document, loc[:-1])
    model = models.get(id(parent))
    known = [] if model is None else [key for key in _keys(model) if key not in parent]
    meant = closest(str(loc[-1]), known)
    if meant is not None:
        findings.touched.add((*loc[:-1], meant))  # so that it is not called missing as well
    where = _section(loc[:-1], parent)
    if loc[:1] == ("checks",):
        known = list(THRESHOLDS if len(loc) == 2 else THRESHOLDS.get(str(loc[1]), {}))
        if len(loc) == 2 and loc[-1] in NO_THRESHOLD:
            findings.add_at_key(f"check {loc[-1]} has no threshold", *loc, hint="leave it out")
            return
    hint = _of_another_kind(loc, model) or did_you_mean(str(loc[-1]), known)
    findings.add_at_key(f"unknown key `{loc[-1]}`{where}", *loc, hint=hint)


def _keys(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Fields by the key that a file writes: `from` cannot be the name of an attribute."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _of_another_kind(loc: Loc, model: type[BaseModel] | None) -> str:
    key = str(loc[-1])
    if model is RatioPart and key in ("window", "lag"):
        return "a ratio has the windows of its parts"
    kinds: dict[str, type[BaseModel]] = {
        "proportion": ProportionPart,
        "mean": MeanPart,
        "ratio": RatioPart,
        "quantile": QuantilePart,
    }
    if model not in kinds.values():
        return ""
    having = [kind for kind, part in kinds.items() if key in part.model_fields]
    return f"`{key}` is a key of kind {' and '.join(having)}" if having else ""


def _section(loc: Loc, parent: Any) -> str:
    match loc:
        case ():
            return ""
        case ("metrics", str(), *_) if len(loc) == 2 and isinstance(parent, dict):
            return f" in metric {loc[1]!r} of kind {parent.get('kind')}"
        case (("arms" | "metrics" | "families") as section, str() as entry, *_):
            return f" in {_ENTRY[section]} {entry!r}"
        case _:
            return f" in `{'.'.join(str(part) for part in loc)}`"


def _owner(loc: Loc) -> str:
    """Name the thing that a key belongs to."""
    match loc:
        case (("arms" | "metrics" | "families") as section, str() as entry, _):
            return f"{_ENTRY[section]} {entry!r}"
        case (_,) | ():
            return "the file"
        case _:
            return f"`{'.'.join(str(part) for part in loc[:-1])}`"


def _owned(loc: Loc) -> str:
    match loc:
        case (("arms" | "metrics" | "families") as section, str() as entry, *rest):
            return f"{_ENTRY[section]} {entry!r} has {'.'.join(str(part) for part in rest)}"
        case _:
            return f"{_named(loc)} is"


def _named(loc: Loc) -> str:
    match loc:
        case (("arms" | "metrics" | "families") as section, str() as entry):
            return f"{_ENTRY[section]} {entry!r}"
        case (("arms" | "metrics" | "families") as section, str() as entry, *rest):
            named = ".".join(str(part) for part in rest if isinstance(part, str))
            item = "an entry of " if isinstance(loc[-1], int) else ""
            return f"{item}`{named}` of {_ENTRY[section]} {entry!r}"
        case ():
            return "the file"
        case _:
            words = [str(part) for part in loc if isinstance(part, str)]
            item = "an entry of " if isinstance(loc[-1], int) else ""
            return f"{item}`{'.'.join(words)}`"


def _key_of(loc: Loc) -> str:
    """The key of the grammar that a place belongs to: names of people are none."""
    if loc[:1] in (("covariates",), ("outages",)):
        return str(loc[0])
    return "worth" if loc[:2] == ("decision", "worth") else str(loc[-1])


def _range(loc: Loc) -> str:
    name = next((part for part in reversed(loc) if isinstance(part, str)), "it")
    if loc[:1] == ("checks",):
        return _range_of_threshold(loc)
    if name in _SHARES or loc[:2] == ("plan", "incidence"):
        return "it lies between 0 and 1, both excluded"
    if name in ("correlation", "variance_explained"):
        return "it is a fraction below 1"
    if name in ("absolute", "relative"):
        return "a distance is written positive"
    return f"{'an' if name[0] in 'aeio' else 'a'} {name} is above 0"


def _range_of_threshold(loc: Loc) -> str:
    of = THRESHOLDS.get(str(loc[1]), {}).get(str(loc[-1])) if len(loc) > 2 else None
    return {
        "p": "a p-value here lies between 0 and 0.5, both excluded",
        "share": "it is a share between 0 and 1, both excluded",
    }.get(of.kind if of else "", "a threshold is above 0")


def _range_hint(loc: Loc) -> str:
    if loc[:1] == ("arms",) and loc[-1] == "weight":
        return "an arm outside the analysis says `analyzed: false`"
    return ""


def _how_many(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    least, most = context.get("min_length"), context.get("max_length")
    return f"at least {least} is needed" if most is None else f"{most} is expected"


def _say(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return repr(value if len(value) <= 60 else value[:57] + "...")
        case int() | float():
            return f"{value:.12g}" if isinstance(value, float) else str(value)
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            return "nothing"


def _quotes(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "write it in quotes" if isinstance(value, bool) else ""
    return "write it in quotes"


def _nearest(value: object, choices: tuple[str, ...]) -> str:
    meant = closest(value, choices) if isinstance(value, str) else None
    return f"did you mean `{meant}`?" if meant else ""


def _choices(expected: str) -> tuple[str, ...]:
    return tuple(part.strip(" '") for part in expected.replace(" or ", ",").split(",") if part)


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _at(document: Any, loc: Loc) -> Any:
    node = document
    for part in loc:
        node = node[part]
    return node
