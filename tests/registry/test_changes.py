"""What differs between two documents, by brute force over their leaves."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pathlift.registry.changes import changes

KEYS = st.sampled_from(["a", "b", "c"])
LEAVES = st.one_of(st.integers(0, 2), st.sampled_from(["x", "y"]), st.lists(st.integers(0, 1)))
DOCUMENTS = st.dictionaries(
    KEYS, st.recursive(LEAVES, lambda inner: st.dictionaries(KEYS, inner, max_size=3)), max_size=3
)


def put(document: dict[str, Any], path: str, value: Any) -> None:
    *way, last = path.split(".")
    for key in way:
        if not isinstance(document.get(key), dict):
            document[key] = {}
        document = document[key]
    if value is None:
        document.pop(last, None)
    else:
        document[last] = value


def pruned(value: Any) -> Any:
    """Without empty mappings, which say nothing that an absent one does not."""
    if not isinstance(value, dict):
        return value
    inner = {key: pruned(each) for key, each in value.items()}
    return {key: each for key, each in inner.items() if each != {}}


@given(before=DOCUMENTS, after=DOCUMENTS)
def test_changes_turn_one_document_into_the_other(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    import copy

    made = copy.deepcopy(before)
    for change in changes(before, after):
        put(made, change.path, copy.deepcopy(change.after))
    assert pruned(made) == pruned(after)


@given(document=DOCUMENTS)
def test_a_document_does_not_differ_from_itself(document: dict[str, Any]) -> None:
    assert changes(document, document) == ()


def test_a_part_that_came_as_a_whole_is_told_by_what_is_in_it() -> None:
    found = changes({"unit": "id"}, {"unit": "id", "analysis": {"alpha": 0.1, "looks": {"k": 1}}})
    assert [change.path for change in found] == ["analysis.alpha", "analysis.looks.k"]


def test_a_list_is_one_value() -> None:
    [found] = changes({"tags": ["a", "b"]}, {"tags": ["a"]})
    assert (found.path, found.before, found.after) == ("tags", ["a", "b"], ["a"])
