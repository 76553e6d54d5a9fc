"""What compare writes is read again as what was asked, whatever the columns are called."""

from hypothesis import given
from hypothesis import strategies as st

from pathlift.comparison.definition import definition_text
from pathlift.comparison.naming import names_of
from pathlift.comparison.wish import Ratio, Wish
from pathlift.registry.experiment import RatioOf, UnitColumn
from pathlift.registry.reading import read_bytes
from pathlift.registry.resolve import resolve

# Names of columns as data have them: any letter, quotes, colons, words that YAML could read as
# something else; no control characters, which no file of YAML may hold.
NAMES = st.one_of(
    st.sampled_from(
        ["yes", "NULL", "1", "0.5", "a: b", "#x", "'", '"', "- a", "{x}", "~", "a b", "a/b", "a_b"]
    ),
    st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12),
)


@given(
    names=st.lists(NAMES, min_size=8, max_size=8, unique=True),
    arms=st.lists(NAMES, min_size=2, max_size=4, unique=True),
)
def test_the_definition_says_what_was_asked(names: list[str], arms: list[str]) -> None:
    arm, unit, share, first, second, over, under, before = names
    wish = Wish(
        arm=arm,
        control=arms[0],
        proportions=(share,),
        means=(first, second),
        ratios=(Ratio(numerator=over, denominator=under),),
        covariates=(before,),
        unit=unit,
    )
    text = definition_text(wish, data="folder/my table.parquet", arms=arms)
    experiment = resolve(read_bytes(text.encode(), "/registry/table.yaml"))
    assert [one.value for one in experiment.arms] == arms
    assert [one.name for one in experiment.arms] == [names_of(arms)[one] for one in arms]
    assert experiment.control.value == arms[0]
    assert experiment.exploratory
    assert experiment.unit == unit
    [source] = experiment.data.sources
    assert source.paths == ("/registry/folder/my table.parquet",)
    assert source.column("arm").name == arm
    named = names_of((share, first, second, over, under))
    columns = {
        metric.name: (metric.kind, metric.source.column.name)
        for metric in experiment.metrics
        if isinstance(metric.source, UnitColumn)
    }
    assert columns == {
        named[share]: ("proportion", share),
        **{named[one]: ("mean", one) for one in (first, second, over, under)},
    }
    [ratio] = [one.source for one in experiment.metrics if isinstance(one.source, RatioOf)]
    assert ratio == RatioOf(numerator=named[over], denominator=named[under])
    assert [one.column.name for one in experiment.covariates if one.column] == [before]
    assert experiment.decision.success == (named[share],)


@given(st.lists(st.text(max_size=8), max_size=8, unique=True))
def test_names_are_distinct_and_accepted(spelled: list[str]) -> None:
    names = names_of(spelled)
    assert set(names) == set(spelled)
    assert len(set(names.values())) == len(spelled)
    for one, name in names.items():
        assert name == name.strip()
        assert name.isprintable()
        assert "/" not in name
        if one == one.strip() and one.isprintable() and one and "/" not in one:
            assert name == one
