"""What a person may write in SQL, and what is refused: a definition is data from a colleague."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathlift.registry.expressions import (
    ExpressionError,
    columns_of,
    may_be_condition,
    parse,
)

# One line for each thing that design section 3 allows.
ALLOWED = [
    "event = 'purchase'",
    "a <> b and a != 1 or not c",
    "a < 1 and b <= 2 and c > 3 and d >= 4",
    "amount * fx_rate + 1 - 2 / 3 % 4",
    "-amount",
    "(a or b) and c",
    "event in ('search', 'cart')",
    "event not in ('search')",
    "event like 'buy%'",
    "event not like 'x!%' escape '!'",
    "amount between 1 and 2",
    "amount is null",
    "amount is not null",
    "is_bot is true",
    "a is distinct from b",
    "case when event = 'refund' then -amount else amount end",
    "case event when 'refund' then -1 else 1 end",
    "cast(amount as double) > 0",
    "cast(amount as decimal(18, 2))",
    "amount::bigint = 1",
    "ts >= timestamp '2026-03-02 00:00:00'",
    "coalesce(amount, 0)",
    "lower(event) = upper(other)",
    "length(query) > 3",
    "payload.item.price > 0",
    "payload['item'] = 'x'",
    "json_extract_string(payload, '$.item.price') = '3'",
    "list_contains(tags, 'sale')",
    '"Odd Name" = 1',
]

# What it must not be, each with a word of the refusal.
REFUSED = [
    ("(select 1)", "query"),
    ("a in (select a from b)", "query"),
    ("exists (select 1)", "exists"),
    ("a = any(select 1)", "any"),
    ("select 1", "query"),
    ("from b", "query"),
    ("a; b", "`;`"),
    ("a;", "`;`"),
    ("read_csv('x')", "read_csv"),
    ("read_parquet('x') is null", "read_parquet"),
    ("read_text('/etc/passwd')", "read_text"),
    ("glob('*')", "glob"),
    ("getenv('HOME')", "getenv"),
    ("current_setting('x')", "current_setting"),
    ("count(*)", "count"),
    ("sum(a)", "sum"),
    ("max(a)", "max"),
    ("sum(a) over ()", "sum"),
    ("row_number() over (order by a)", "row_number"),
    ("sum(a) filter (where b)", "sum"),
    ("unnest(a)", "unnest"),
    ("ifnull(a, b)", "ifnull"),
    ("if(a, b, c)", "if"),
    ("len(a)", "len"),
    ("random()", "random"),
    ("now()", "now"),
    ('"random"()', "random"),
    ("current_date", "current_date"),
    ("current_user", "current_user"),
    ("localtimestamp", "localtimestamp"),
    ("try_cast(a as int)", "try_cast"),
    ("columns('a')", "columns"),
    ("*", "*"),
    ("b.*", "*"),
    ("$x", "$"),
    ("?", "?"),
    (":x", ":"),
    ("@x", "@"),
    ("#1", "#"),
    ("a || b", "||"),
    ("a ~ 'b'", "~"),
    ("a ^ 2", "^"),
    ("a ** 2", "**"),
    ("a -> 'b'", "->"),
    ("a ->> 'b'", "->>"),
    ("a & 1", "&"),
    ("a ilike 'b'", "ilike"),
    ("a as b", "as"),
    ("a collate nocase", "collate"),
    ("a at time zone 'UTC'", "at time zone"),
    ("interval 1 day", "interval"),
    ("[1, 2]", "[1, 2]"),
    ("{'a': 1}", "{"),
    ("a[1]", "brackets"),
    ("cast(a as json)", "json"),
    ("cast(a as int[])", "int[]"),
    ("json_extract_string(a, b)", "path"),
    ("a -- b", "comment"),
    ("a /* b */ = 1", "comment"),
    ("/* a */ b", "comment"),
    ("a, b", ""),
    ("a = ", ""),
    ("'a", ""),
    ("", "expression"),
    ("   ", "expression"),
    ("drop table x", ""),
    ("attach 'x'", ""),
    ("install httpfs", ""),
    ("pragma version", ""),
    ("set a = 1", ""),
    ("copy a to 'b'", ""),
    ("a = 1 union select 1", ""),
    ("e'a' = b", ""),
    ("(" * 500 + "a" + ")" * 500, ""),
    ("not " * 1000 + "a", ""),
    ("a" + " + 1" * 2000, "characters"),
]


@pytest.mark.parametrize("text", ALLOWED)
def test_what_the_design_allows_is_read(text: str) -> None:
    assert parse(text).sql("duckdb")


@pytest.mark.parametrize(("text", "named"), REFUSED, ids=lambda value: str(value)[:40])
def test_everything_else_is_refused(text: str, named: str) -> None:
    with pytest.raises(ExpressionError) as refusal:
        parse(text)
    assert named in refusal.value.message.lower()


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("event = 'purchase' and amount > 0", ("event", "amount")),
        ("amount > 0 or amount is null", ("amount",)),
        ("payload.item.price > 0", ("payload",)),
        ("payload['item'] = cart.size", ("payload", "cart")),
        ("json_extract_string(payload, '$.amount') = '3'", ("payload",)),
        ("case when a then b else c end", ("a", "b", "c")),
        ('"Odd Name" = 1', ("Odd Name",)),
        ("1 = 1", ()),
    ],
)
def test_columns_are_named_once_in_the_order_of_the_text(
    text: str, columns: tuple[str, ...]
) -> None:
    assert columns_of(parse(text)) == columns


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("a = 1", True),
        ("(a = 1)", True),
        ("not a", True),
        ("a is null", True),
        ("a in (1)", True),
        ("a like 'x'", True),
        ("a between 1 and 2", True),
        ("list_contains(a, 1)", True),
        ("is_buyer", True),
        ("payload.ok", True),
        ("cast(a as boolean)", True),
        ("coalesce(a, false)", True),
        ("cast(a as int)", False),
        ("a + 1", False),
        ("'purchase'", False),
        ("lower(a)", False),
        ("length(a)", False),
        ("-a", False),
    ],
)
def test_a_condition_is_told_from_a_value(text: str, *, condition: bool) -> None:
    assert may_be_condition(parse(text)) is condition


@given(st.text(alphabet="ab10'\"().,;-*/%=<>!_$?@[]{}:~|& \n", max_size=40))
def test_what_is_read_is_read_again_from_what_it_becomes(text: str) -> None:
    try:
        expression = parse(text)
    except ExpressionError:
        return  # anything but this error fails the test
    assert parse(expression.sql("duckdb")).sql("duckdb") == expression.sql("duckdb")


@given(st.sampled_from(ALLOWED), st.sampled_from(REFUSED), st.sampled_from(["and", "or", "+", "="]))
def test_a_refused_part_is_refused_inside_an_allowed_whole(
    good: str, bad: tuple[str, str], joined: str
) -> None:
    with pytest.raises(ExpressionError):
        parse(f"({good}) {joined} ({bad[0]})")
