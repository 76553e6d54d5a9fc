"""Columns of numbers as DuckDB streams them, batch by batch, in numpy's hands without a copy.

DuckDB offers a result as a stream of the Arrow C data interface, which is three structures of C:
they are read here, so that no Arrow library has to be there. Integers and floats only, NULL or not.
Source: https://arrow.apache.org/docs/format/CDataInterface.html and CStreamInterface.html.
"""

import ctypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


class _Schema(ctypes.Structure):
    pass


class _Array(ctypes.Structure):
    pass


class _Stream(ctypes.Structure):
    pass


_Schema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(_Schema))),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Schema))),
    ("private_data", ctypes.c_void_p),
]
_Array._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_Array))),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Array))),
    ("private_data", ctypes.c_void_p),
]
_Stream._fields_ = [
    (
        "get_schema",
        ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Schema)),
    ),
    ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Array))),
    ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(_Stream))),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Stream))),
    ("private_data", ctypes.c_void_p),
]
_TYPES: dict[bytes, type[np.generic]] = {
    b"c": np.int8,
    b"C": np.uint8,
    b"s": np.int16,
    b"S": np.uint16,
    b"i": np.int32,
    b"I": np.uint32,
    b"l": np.int64,
    b"L": np.uint64,
    b"f": np.float32,
    b"g": np.float64,
}


class StreamError(Exception):
    """What DuckDB says when a stream ends early."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Some rows of a stream. Its arrays lie in DuckDB's memory until the next batch is asked for.

    Attributes
    ----------
    rows : int
    columns : mapping of str to ndarray
        What stands where a value is NULL means nothing.
    known : mapping of str to ndarray
        For columns with a NULL in this batch: boolean, where there is a value.
    """

    rows: int
    columns: Mapping[str, NDArray[Any]]
    known: Mapping[str, NDArray[np.bool_]]


def batches(capsule: object) -> Iterator[Batch]:
    """Read a stream to its end; leaving early releases it.

    Parameters
    ----------
    capsule : PyCapsule
        Named ``arrow_array_stream``, as ``__arrow_c_stream__`` gives it.

    Raises
    ------
    StreamError
        If the engine cannot go on.
    TypeError
        If a column holds no numbers.
    """
    pointer = ctypes.cast(_address(capsule), ctypes.POINTER(_Stream))
    stream = pointer.contents
    columns = _columns(pointer)
    while True:
        array = _Array()
        if stream.get_next(pointer, ctypes.byref(array)):
            said = stream.get_last_error(pointer)
            raise StreamError((said or b"").decode(errors="replace"))
        if not array.release:
            return
        try:
            yield _batch(array, columns)
        finally:
            array.release(ctypes.byref(array))


def _address(capsule: object) -> int:
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype = ctypes.c_void_p
    pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    return int(pointer(capsule, b"arrow_array_stream"))


def _columns(pointer: Any) -> list[tuple[str, np.dtype[Any]]]:
    schema = _Schema()
    if pointer.contents.get_schema(pointer, ctypes.byref(schema)):
        said = pointer.contents.get_last_error(pointer)
        raise StreamError((said or b"").decode(errors="replace"))
    try:
        children = [schema.children[place].contents for place in range(schema.n_children)]
        wrong = [child.name.decode() for child in children if child.format not in _TYPES]
        if wrong:
            raise TypeError(f"no numbers in {wrong}")
        return [(child.name.decode(), np.dtype(_TYPES[child.format])) for child in children]
    finally:
        schema.release(ctypes.byref(schema))


def _batch(array: _Array, columns: list[tuple[str, np.dtype[Any]]]) -> Batch:
    values: dict[str, NDArray[Any]] = {}
    known: dict[str, NDArray[np.bool_]] = {}
    for place, (name, kind) in enumerate(columns):
        child = array.children[place].contents
        end = child.offset + child.length
        memory = (ctypes.c_char * (kind.itemsize * end)).from_address(child.buffers[1])
        values[name] = np.frombuffer(memory, kind)[child.offset :]
        if child.null_count and child.buffers[0]:
            bits = (ctypes.c_char * (-(-end // 8))).from_address(child.buffers[0])
            packed = np.frombuffer(bits, np.uint8)
            unpacked = np.unpackbits(packed, bitorder="little", count=end)
            known[name] = unpacked[child.offset :].view(np.bool_)
    return Batch(rows=array.length, columns=values, known=known)
