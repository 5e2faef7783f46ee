"""What arrays need of NumPy: dtypes as text and back, and the bytes of an array that exports no buffer.

SPDX-License-Identifier: MIT
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
from numpy import dtype, ndarray
from numpy.lib.format import descr_to_dtype, dtype_to_descr

from ._errors import BadRing

__all__ = ["contiguous", "describe", "dtype", "elements", "ndarray", "parse"]

# How a dtype is written in the header of an array.
FORM_STR = 0  # dtype.str: "<f4"
FORM_DESCR = 1  # the literal that .npy files have for structured dtypes
FORM_NAME = 2  # dtype.name, of dtypes that another package registers: "bfloat16" of ml_dtypes

_LONGEST_TEXT = 1 << 16


def describe(given: np.dtype[Any]) -> tuple[int, bytes] | None:
    """The form and the text of a dtype; None if its elements aren't bytes that another process can read."""
    if given.hasobject or given.kind == "T" or len(given.str) > _LONGEST_TEXT:
        return None
    if given.fields is None and given.subdtype is None:
        if np.dtype(given.str) == given:
            return FORM_STR, given.str.encode()
        return (FORM_NAME, given.name.encode()) if _is_known_by_name(given) else None
    if given.type is not np.void:  # np.record: the literal doesn't say so
        return None
    try:
        text = repr(dtype_to_descr(given)).encode()
        same = parse(FORM_DESCR, text) == given
    except (BadRing, ValueError):  # fields that overlap, or aren't in the order of their offsets
        return None
    return (FORM_DESCR, text) if same and len(text) <= _LONGEST_TEXT else None


def parse(form: int, text: bytes) -> np.dtype[Any]:
    """The dtype that is written so. Raises BadRing for what `describe` doesn't write: anybody may have sent it."""
    try:
        if len(text) > _LONGEST_TEXT:
            raise ValueError("longer than any")
        if form == FORM_DESCR:
            found = descr_to_dtype(ast.literal_eval(text.decode()))
        elif form in (FORM_STR, FORM_NAME):
            found = np.dtype(text.decode())
            if (found.str if form == FORM_STR else found.name).encode() != text:
                raise ValueError("written in another way than it would be")
        else:
            raise ValueError("no form of a dtype")
    except (
        ValueError,
        TypeError,
        SyntaxError,
        KeyError,
        IndexError,
        AttributeError,
        RecursionError,
        MemoryError,
    ) as error:
        raise BadRing(f"an array of an unknown dtype {text[:80]!r}: {error}") from error
    if found.hasobject:
        raise BadRing(f"an array of objects, {text[:80]!r}, which no other process can read")
    return found


def contiguous(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A copy in C order."""
    return np.array(array, order="C", copy=True)


def elements(array: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], bool, int]:
    """The array (contiguous: a copy, if need be), whether it is in C order, and the address of its first element."""
    if not (array.flags.c_contiguous or array.flags.f_contiguous):
        array = contiguous(array)
    return array, array.flags.c_contiguous, array.__array_interface__["data"][0]


def _is_known_by_name(given: np.dtype[Any]) -> bool:
    try:
        return np.dtype(given.name) == given
    except TypeError:
        return False
