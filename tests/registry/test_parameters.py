"""The shorthand for parameters of analytics exports: what it stands for, and what is refused."""

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from pathlift.registry.expressions import ExpressionError, columns_of, parse, tree_of
from pathlift.registry.parameters import Parameter, parameters_in

WRITTEN = [
    "param('page_type') = 'pdp'",
    "event = 'view' and param_int('visible_ms') >= 1000",
    "param_float('value') * 2 - 1",
    "PARAM('page_type') in ('a', 'b') and param('x') like 'y%'",
    "param_int('dwell') between 1 and 2",
    "cast(param('dwell') as integer) > 3",
    "coalesce(param_int('dwell'), 0) > 3",
    "lower(param('plan', user_properties)) = 'gold'",
    "param('a') = param('b')",
    "param('it''s') is not null",
]
REFUSED = [
    ("param('dwell') > 3", "text", "param_int('dwell')"),
    ("(param('dwell')) + 1 > 3", "text", "param_int('dwell')"),
    ("coalesce(param('dwell'), 0) > 3", "text", "param_int('dwell')"),
    ("param('dwell') in (1, 2)", "text", "param_int('dwell')"),
    ("param('a') = param_int('b')", "text", "param_int('a')"),
    ("3 < param('dwell')", "text", "param_float('dwell')"),
    ("param_int('page') = 'pdp'", "number", "param('page')"),
    ("length(param_int('page')) > 3", "number", "param('page')"),
    ("param_float('page') like 'p%'", "number", "param('page')"),
    ("param(page_type) = 'x'", "key as text", "param('page_type')"),
    ("param('') = 'x'", "key as text", "param('page_type')"),
    ("param() = 'x'", "key as text", "param('page_type')"),
    ("param('a', 'b') = 'x'", "key as text", "param('page_type')"),
    ("param('a', b, c) = 'x'", "key as text", "param('page_type')"),
    ("param_date('a') = 'x'", "param_date", "param_int"),
]


@pytest.mark.parametrize("text", WRITTEN)
def test_what_is_written_out_says_the_same_once_it_is_read_again(text: str) -> None:
    told = parse(text).sql("duckdb")
    assert tree_of(text).sql("duckdb") == told
    assert sqlglot.parse_one(told, read="duckdb").sql("duckdb") == told


@pytest.mark.parametrize("text", WRITTEN)
def test_spark_is_told_the_same_without_what_only_duckdb_knows(text: str) -> None:
    told = sqlglot.transpile(
        parse(text).sql("duckdb"),
        read="duckdb",
        write="spark",
        unsupported_level=sqlglot.ErrorLevel.RAISE,
    )[0]
    # Spark's functions over arrays; an index into an empty one would be an error in its ANSI mode
    assert "ARRAY_MAX(TRANSFORM(FILTER(" in told
    assert not any(word in told for word in ("LIST_", "LAMBDA", "["))
    assert sqlglot.parse_one(told, read="spark").sql("spark") == told


@pytest.mark.parametrize(("text", "said", "hint"), REFUSED)
def test_a_wrong_use_is_refused_with_what_to_write(text: str, said: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as refusal:
        parse(text)
    assert said in refusal.value.message
    assert hint in refusal.value.hint
    assert refusal.value.part.lower() in text.lower()


def test_the_columns_of_a_parameter_are_those_that_hold_the_lists() -> None:
    assert columns_of(parse("param('a') = 'b' and param('c', user_properties) = 'd'")) == (
        "event_params",
        "user_properties",
    )


def test_every_use_is_named_once() -> None:
    tree = sqlglot.parse_one("param('a') = 'b' or param('a') = param_int('a')", read="duckdb")
    assert parameters_in(tree) == (
        Parameter(function="param", key="a", column="event_params"),
        Parameter(function="param_int", key="a", column="event_params"),
    )


@given(key=st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=12))
def test_a_key_is_text_whatever_it_holds(key: str) -> None:
    """Quotes and SQL inside a key stay inside the text of the key."""
    quoted = key.replace("'", "''")
    tree = sqlglot.parse_one(f"param('{quoted}')", read="duckdb")
    assert parameters_in(tree)[0].key == key
    (literal,) = tree_of(f"param('{quoted}')").find_all(sqlglot.exp.Literal)
    assert literal.this == key
