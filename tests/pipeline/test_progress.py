"""What a bar is told while the road is walked."""

from collections.abc import Callable

import pytest
from tests.support.experiments import conversion, experiment

from pathlift import pipeline
from pathlift.errors import DataError


def test_a_bar_is_told_shares_where_the_engine_says_percentages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def halfway(*_: object, progress: Callable[[float], None], **__: object) -> None:
        progress(50.0)  # DuckDB's own scale
        raise DataError(())

    told: list[tuple[str, float]] = []
    monkeypatch.setattr(pipeline, "collect", halfway)
    with pytest.raises(DataError):
        pipeline.analyze(
            experiment(metrics=[conversion()]),
            progress=lambda step, share: told.append((step, share)),
        )
    assert told == [("queries", 0.5)]
