"""The numbers of many contrasts as arrays, from drafts or straight from what was measured.

Computes no interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from pathlift.inference.arrays import Booleans, Floats
from pathlift.inference.drafts import ROUNDING, Counts, Draft, Spread

Objects = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """Contrasts as arrays, one element a contrast.

    Attributes
    ----------
    score : array of bool
        Which contrasts are of counts.
    x1, n1, x0, n0 : Floats
        Those counts; 1 elsewhere.
    m1, m0, v11, v00, v10, df : Floats
        As in `Spread`.
    difference : Floats
        Arm minus control.
    relative_null, null : array of bool, Floats
        As `null_of` says.
    quantiles : array of object
        Pairs of quantiles, or None.
    """

    score: Booleans
    x1: Floats
    n1: Floats
    x0: Floats
    n0: Floats
    m1: Floats
    m0: Floats
    difference: Floats
    v11: Floats
    v00: Floats
    v10: Floats
    df: Floats
    relative_null: Booleans
    null: Floats
    quantiles: Objects

    @property
    def standard_error(self) -> Floats:
        """Of the difference."""
        return np.sqrt(np.maximum(self.v11 + self.v00 - 2 * self.v10, 0.0))

    @property
    def still(self) -> Booleans:
        """Whether the difference has no variance but what rounding leaves of the arms' own."""
        own = self.v11 + self.v00
        return np.asarray((self.standard_error**2 <= ROUNDING * own) & np.isfinite(own))

    @property
    def binned(self) -> Booleans:
        """Which contrasts are of quantiles."""
        return np.asarray(self.quantiles != None, dtype=np.bool_)  # noqa: E711 - elementwise

    @property
    def one_still(self) -> Booleans:
        """Whether units of one arm all have one value: only the other arm's variance counts."""
        still = (self.v11 == 0) != (self.v00 == 0)
        return np.asarray(still & ~self.score & ~self.binned, dtype=np.bool_)

    @property
    def all_zero(self) -> Booleans:
        """Whether treated units are all 0: Fieller's set of the lift would be the point -1."""
        return np.asarray(self.one_still & (self.m1 == 0) & (self.v11 == 0), dtype=np.bool_)

    def take(self, positions: Sequence[int]) -> "Columns":
        """Choose some of the contrasts.

        Parameters
        ----------
        positions : sequence of int

        Returns
        -------
        Columns
            In the order of `positions`.
        """
        index = np.asarray(positions, dtype=np.intp)
        return Columns(**{part.name: getattr(self, part.name)[index] for part in fields(self)})

    def spreads(self) -> list[Spread]:
        """Values and variances, one a contrast.

        Returns
        -------
        list of Spread
        """
        columns = (self.m1, self.m0, self.v11, self.v00, self.v10, self.df, self.difference)
        return [
            Spread(m1=m1, m0=m0, v11=v11, v00=v00, v10=v10, df=df, apart=apart)
            for m1, m0, v11, v00, v10, df, apart in zip(*_listed(columns), strict=True)
        ]

    def counts(self) -> list[Counts | None]:
        """Successes and units, one a contrast; None where they do not decide.

        Returns
        -------
        list of Counts or None
        """
        columns = (self.x1, self.n1, self.x0, self.n0)
        return [
            Counts(x1=x1, n1=n1, x0=x0, n0=n0) if score else None
            for x1, n1, x0, n0, score in zip(*_listed(columns), self.score.tolist(), strict=True)
        ]


def columns_of(drafts: Sequence[Draft]) -> Columns:
    """Turn drafts into arrays.

    Parameters
    ----------
    drafts : sequence of Draft
        Estimated ones.

    Returns
    -------
    Columns
        One element a draft.
    """
    counts = [draft.counts or _NO_COUNTS for draft in drafts]
    spreads = [draft.spread or _NO_SPREAD for draft in drafts]
    nulls = [null_of(draft) for draft in drafts]
    quantiles = np.empty(len(drafts), dtype=object)
    quantiles[:] = [draft.quantiles for draft in drafts]
    x1, n1, x0, n0 = np.array([(c.x1, c.n1, c.x0, c.n0) for c in counts]).reshape(-1, 4).T
    m1, m0, difference, v11, v00, v10, df = (
        np.array([(s.m1, s.m0, s.difference, s.v11, s.v00, s.v10, s.df) for s in spreads])
        .reshape(-1, 7)
        .T
    )
    return Columns(
        score=np.array([draft.counts is not None for draft in drafts], dtype=np.bool_),
        x1=x1,
        n1=n1,
        x0=x0,
        n0=n0,
        m1=m1,
        m0=m0,
        difference=difference,
        v11=v11,
        v00=v00,
        v10=v10,
        df=df,
        relative_null=np.array([relative for _, relative in nulls], dtype=np.bool_),
        null=np.array([value for value, _ in nulls], dtype=np.float64),
        quantiles=quantiles,
    )


_NO_COUNTS = Counts(x1=1.0, n1=1.0, x0=1.0, n0=1.0)
_NO_SPREAD = Spread(m1=np.nan, m0=np.nan, v11=np.nan, v00=np.nan)


def _listed(columns: Sequence[Floats]) -> list[list[float]]:
    return [column.tolist() for column in columns]


def null_of(draft: Draft) -> tuple[float, bool]:
    """Value that the p-value tests against, and whether it is on the relative scale.

    Parameters
    ----------
    draft : Draft

    Returns
    -------
    null : float
        0, or a guardrail's margin with its sign.
    relative : bool
    """
    margin = draft.identity.margin
    if margin is None or draft.identity.role != "guardrail":
        return 0.0, False
    sign = 1.0 if draft.identity.better == "lower" else -1.0
    return sign * margin.value, margin.scale == "relative"
