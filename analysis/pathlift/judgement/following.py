"""What may another reading of a contrast be used for? What the contrast may, and nothing more."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from pathlift.result.model import ContrastLook, Estimate, Sensitivity
from pathlift.result.multiverse import Multiverse, PresetReading
from pathlift.result.values import CausalStatus

Statuses = Mapping[str, CausalStatus]
CHOSEN_LATER = frozenset({"without_crossed"})
"""Readings of units chosen by what they did after exposure: never causal (methods 1.4, E14)."""
_Reading = TypeVar("_Reading", Sensitivity, PresetReading)


def status_by_id(estimates: Iterable[Estimate]) -> Statuses:
    """Causal status of every estimate.

    Parameters
    ----------
    estimates : iterable of Estimate
        After failed checks have taken their status away.

    Returns
    -------
    mapping of str to CausalStatus
    """
    return {estimate.id: estimate.causal_status for estimate in estimates}


def as_reread(readings: Iterable[_Reading], statuses: Statuses) -> tuple[_Reading, ...]:
    """Readings with the status of the estimates that they read again.

    Parameters
    ----------
    readings : iterable of Sensitivity or PresetReading
    statuses : mapping of str to CausalStatus

    Returns
    -------
    tuple of Sensitivity or PresetReading
        ``descriptive`` where the result holds no such estimate, and for units chosen by what came
        after exposure; numbers untouched.
    """
    return tuple(
        reading.model_copy(update={"causal_status": _status(reading, statuses)})
        for reading in readings
    )


def _status(reading: Sensitivity | PresetReading, statuses: Statuses) -> CausalStatus:
    status = statuses.get(reading.of, "descriptive")
    chosen = isinstance(reading, Sensitivity) and reading.reading in CHOSEN_LATER
    return "descriptive" if chosen and status != "invalid" else status


def presets_reread(found: Multiverse | None, statuses: Statuses) -> Multiverse | None:
    """Readings under other stage rules, likewise.

    Parameters
    ----------
    found : Multiverse or None
    statuses : mapping of str to CausalStatus

    Returns
    -------
    Multiverse or None
    """
    if found is None:
        return None
    return found.model_copy(update={"readings": as_reread(found.readings, statuses)})


def as_looked_at(contrasts: Iterable[ContrastLook], statuses: Statuses) -> tuple[ContrastLook, ...]:
    """Contrasts of this look, likewise.

    Parameters
    ----------
    contrasts : iterable of ContrastLook
    statuses : mapping of str to CausalStatus

    Returns
    -------
    tuple of ContrastLook
    """
    return tuple(
        contrast.model_copy(update={"causal_status": statuses.get(contrast.id, "descriptive")})
        for contrast in contrasts
    )
