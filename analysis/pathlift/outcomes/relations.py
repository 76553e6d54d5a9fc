"""One query per source in which its rows carry our names. Reads nothing itself.

A relation has the file's own columns, our names beside them, computed columns and times as
microseconds since 1970 in UTC. A name of ours hides a column of the file that is spelled alike.
"""

from collections.abc import Iterable, Mapping

from sqlglot import exp

from pathlift.outcomes.described import Described
from pathlift.outcomes.files import Part, table
from pathlift.outcomes.times import instant, microseconds
from pathlift.registry.experiment import Column, Experiment
from pathlift.registry.expressions import tree_of

OURS: Mapping[str, tuple[str, ...]] = {
    "exposures": ("unit", "arm", "received", "exposed_at", "event_params"),
    "events": ("unit", "event", "occurred_at", "event_id", "received_at", "event_params"),
    "units": ("unit", "arm", "received", "exposed_at", "event_params"),
    "totals": ("arm", "day", "units"),
    "exclude_units": ("unit",),
    "assignments": ("unit", "arm", "assigned_at"),
    "identities": ("alias", "unit"),
}
TIMES: Mapping[str, str] = {
    "exposed_at": "exposed_us",
    "occurred_at": "occurred_us",
    "received_at": "received_us",
    "assigned_at": "assigned_us",
}
_AS_TEXT = ("arm", "received", "day")  # compared as text, however the file types them


def relation(described: Described, experiment: Experiment) -> exp.Select:
    """The rows of a source, as the rest of the SQL reads them.

    Parameters
    ----------
    described : Described
        From `pathlift.outcomes.sources.describe`, which has refused what cannot be read.
    experiment : Experiment

    Returns
    -------
    sqlglot.exp.Select
        DuckDB dialect. One row per row of the source for which its ``where`` holds. Columns:

        - those of the file, unless one of the following is spelled alike (case does not matter);
        - ``derive`` columns;
        - of ``unit, arm, received, exposed_at, event, occurred_at, event_id, received_at, day,
          units, event_params`` those that the source has. Times are TIMESTAMPTZ; `arm`, `received`
          and `day` are text; `arm` is written as in the data (`Arm.value`);
        - ``exposed_us``, ``occurred_us``, ``received_us``, ``assigned_us``: BIGINT microseconds
          since 1970, UTC; in ``units`` also ``need_us``, ``touchpoint_us``,
          ``trust_us`` and ``outcome_us``.

    Raises
    ------
    KeyError
        If a name has no column; `describe` refuses such data first.
    """
    names = Names(described, experiment)
    columns = {name.lower(): names.raw(name) for name in described.columns}
    spelled = {name.lower(): name for name in described.columns}
    added = {name: names.value(name) for name in described.source.derive}
    added |= {name: names.value(name) for name in names.ours}
    added |= names.instants()
    for name, value in added.items():
        columns[name.lower()], spelled[name.lower()] = value, name
    query = exp.select(
        *(exp.alias_(value, spelled[key], quoted=True) for key, value in columns.items())
    ).from_(scan(described))
    if described.source.where is not None:
        query = query.where(names.expression(described.source.where.text))
    return query


def scan(described: Described) -> exp.Expr:
    """What a relation selects from: the files, and the arm where the files tell it.

    Parameters
    ----------
    described : Described

    Returns
    -------
    sqlglot.exp.Table or sqlglot.exp.Subquery
        With the columns of `described`, and ``arm`` where files are declared by arm.
    """
    if len(described.parts) == 1 and described.parts[0].arm is None:
        return table(described.parts[0])
    selects = [_columns_of(part, described) for part in described.parts]
    whole: exp.Query = selects[0]
    for select in selects[1:]:
        whole = exp.union(whole, select, distinct=False)
    return exp.Subquery(this=whole, alias=exp.TableAlias(this=exp.to_identifier("files")))


def _columns_of(part: Part, described: Described) -> exp.Select:
    columns = [exp.column(name, quoted=True) for name in described.columns]
    if part.arm is None:
        return exp.select(*columns).from_(table(part))
    columns = [column for column in columns if column.name.lower() != "arm"]
    value = exp.alias_(exp.Literal.string(described.arm_values[part.arm]), "arm", quoted=True)
    return exp.select(*columns, value).from_(table(part))


class Names:
    """What each name means in a source: an expression over the columns of its files.

    Parameters
    ----------
    described : Described
    experiment : Experiment

    Attributes
    ----------
    ours : tuple of str
        Our names that the source has.
    """

    def __init__(self, described: Described, experiment: Experiment) -> None:
        self._described = described
        self._experiment = experiment
        self._file = {name.lower(): name for name in described.columns}
        self._derived = {name.lower(): name for name in described.source.derive}
        self._mapped = declared(described, experiment)
        self.ours = tuple(name for name in self._mapped if self._has(self._mapped[name].name))
        if described.source.arm_paths:
            self._file["arm"] = "arm"
            self.ours = tuple(dict.fromkeys(("arm", *self.ours)))

    def raw(self, name: str) -> exp.Expr:
        """A column of the file itself, whatever computed column or name of ours hides it.

        Parameters
        ----------
        name : str
            Case does not matter.

        Returns
        -------
        sqlglot expression
            The column, quoted, as the file spells it.

        Raises
        ------
        KeyError
            If the file has no column of that name.
        """
        return exp.column(self._file[name.lower()], quoted=True)

    def value(self, name: str, held: frozenset[str] = frozenset()) -> exp.Expr:
        """What a name means: one of ours, else a computed column, else a column of the file.

        Parameters
        ----------
        name : str
            Case does not matter, as in SQL.
        held : frozenset of str
            Names that are being resolved: inside its own definition a name is the file's column.

        Returns
        -------
        sqlglot expression
        """
        key = name.lower()
        if key in self.ours and key not in held:
            return self._our_value(key, held | {key})
        return self._their_value(key, held)

    def _their_value(self, key: str, held: frozenset[str]) -> exp.Expr:
        if key in self._derived and f"derive {key}" not in held:
            text = self._described.source.derive[self._derived[key]].text
            return exp.paren(self.expression(text, held | {key, f"derive {key}"}), copy=False)
        return self.raw(key)

    def _our_value(self, name: str, held: frozenset[str]) -> exp.Expr:
        if name == "arm" and self._described.source.arm_paths:
            return self.raw("arm")
        theirs = self._mapped[name]
        value = self._their_value(theirs.name.lower(), held)
        if name in TIMES:
            return instant(value, self.kind(theirs.name), theirs, self._zone)
        if name in _AS_TEXT:
            return exp.cast(value, "varchar")
        return value

    def expression(self, text: str, held: frozenset[str] = frozenset()) -> exp.Expr:
        """A person's expression with every name replaced by what it means.

        Parameters
        ----------
        text : str
            One scalar expression, DuckDB dialect, found harmless by the registry.
        held : frozenset of str
            As in `value`.

        Returns
        -------
        sqlglot expression
        """

        def replaced(node: exp.Expr) -> exp.Expr:
            if not isinstance(node, exp.Column):
                return node
            root, *fields = node.parts
            value = self.value(root.name, held)
            for field in fields:
                value = exp.Dot(this=value, expression=exp.to_identifier(field.name, quoted=True))
            return value

        return exp.paren(tree_of(text)).transform(replaced)

    def instants(self) -> dict[str, exp.Expr]:
        """Times as microseconds since 1970 UTC, by the name of their column in the relation."""
        moments = {
            alias: self._microseconds(self._mapped[name])
            for name, alias in TIMES.items()
            if name in self.ours
        }
        for name, column in unit_times(self._described, self._experiment).items():
            moments[f"{name}_us"] = self._microseconds(column)
        return moments

    def kind(self, theirs: str) -> str:
        """DuckDB type of a computed column or of a column of the file.

        Parameters
        ----------
        theirs : str
            Case does not matter; a computed column hides one of the file.

        Returns
        -------
        str

        Raises
        ------
        KeyError
            If the source has neither, or the computed column has no type.
        """
        key = theirs.lower()
        if key in self._derived:
            return self._described.derived[self._derived[key]]
        return self._described.columns[self._file[key]]

    def value_of(self, theirs: str) -> exp.Expr:
        """A computed column or a column of the file, whatever we call it.

        Parameters
        ----------
        theirs : str
            Case does not matter; a computed column hides one of the file.

        Returns
        -------
        sqlglot expression
            With computed columns written out, over columns of the file alone.

        Raises
        ------
        KeyError
            If the source has neither.
        """
        return self._their_value(theirs.lower(), frozenset())

    def theirs(self, ours: str) -> Column:
        """Which column one of our names means, whether or not the source has it.

        Parameters
        ----------
        ours : str
            Such as ``exposed_at``; in lower case.

        Returns
        -------
        Column

        Raises
        ------
        KeyError
            If it is no name of ours in this source, or the files tell it (``arm``).
        """
        return self._mapped[ours]

    def _microseconds(self, column: Column) -> exp.Expr:
        value = self._their_value(column.name.lower(), frozenset())
        return microseconds(value, self.kind(column.name), column, self._zone)

    @property
    def mapped(self) -> Mapping[str, Column]:
        """Their column for each of our names that is not told by the files."""
        return self._mapped

    @property
    def _zone(self) -> str | None:
        return self._experiment.data.timezone

    def _has(self, name: str) -> bool:
        return name.lower() in self._derived or name.lower() in self._file


def declared(described: Described, experiment: Experiment) -> dict[str, Column]:
    """Their column for each of our names that can stand in a source.

    Parameters
    ----------
    described : Described
    experiment : Experiment

    Returns
    -------
    dict of str to Column
        Declared or by default; the source need not have it.
    """
    source = described.source
    names: Iterable[str] = OURS[source.name]
    if source.name == "units" and experiment.unit is None and "unit" not in source.columns:
        names = [name for name in names if name != "unit"]
    if source.arm_paths:
        names = [name for name in names if name != "arm"]
    found = {name: source.column(name) for name in names}
    if "unit" in found and "unit" not in source.columns and experiment.unit is not None:
        found["unit"] = Column(name=experiment.unit)
    return found


def unit_times(described: Described, experiment: Experiment) -> dict[str, Column]:
    """In ``units``: the columns that hold times of stages and of the outcome, by what they time.

    Parameters
    ----------
    described : Described
    experiment : Experiment

    Returns
    -------
    dict of str to Column
        By name of the stage, and ``outcome``; empty for every other source.
    """
    if described.source.name != "units":
        return {}
    found: dict[str, Column] = {
        stage.name: stage.column for stage in experiment.stages if stage.column is not None
    }
    if experiment.outcome is not None and experiment.outcome.column is not None:
        found["outcome"] = experiment.outcome.column
    return found
