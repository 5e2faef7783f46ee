"""The arithmetic, the tables and the pictures of python -m ringmain.bench."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

from pathlib import Path

import pytest
from ringmain.bench.medians import ratio_of, spread_of
from ringmain.bench.picture import NoPicture, draw
from ringmain.bench.result import LeftOut, Result, Row
from ringmain.bench.table import aligned, text_by_size, text_of
from ringmain.bench.units import rate_text, size_text, three_digits, throughput_text, time_text


def a_result(**changes: object) -> Result:
    result = Result("stream", "Title", "Note.", "messages", 64, ("ring",))
    result.rows = [
        Row("ring", "ours", "spinning", (100.0, 100.0, 200.0)),
        Row("slow", "rival", "sleeping", (400.0,) * 3),
    ]
    for name, value in changes.items():
        setattr(result, name, value)
    return result


def test_the_median_of_an_even_number_of_values_is_between_the_middle_two() -> None:
    assert spread_of([4.0, 1.0, 3.0, 2.0]).median == 2.5


def test_quartiles_are_in_proportion() -> None:
    spread = spread_of([5.0, 1.0, 2.0, 3.0, 4.0])
    assert (spread.lower, spread.upper, spread.width) == (2.0, 4.0, 2 / 3)


def test_one_value_is_its_own_quartiles() -> None:
    spread = spread_of([7.0])
    assert (spread.lower, spread.median, spread.upper, spread.disturbed) == (7.0, 7.0, 7.0, False)


def test_no_values_have_no_median() -> None:
    with pytest.raises(ValueError, match="no values"):
        spread_of([])


def test_quartiles_far_apart_are_called_disturbed() -> None:
    assert spread_of([1.0, 1.0, 2.0, 2.0]).disturbed
    assert not spread_of([1.0, 1.1, 1.1, 1.2]).disturbed


def test_ratios_are_formed_within_each_round() -> None:
    # The ratio of the medians would be 1.
    assert ratio_of([10.0, 40.0, 20.0], [5.0, 20.0, 40.0]).median == 2.0


def test_ratios_of_different_numbers_of_rounds_are_refused() -> None:
    with pytest.raises(ValueError):
        ratio_of([1.0, 2.0], [1.0])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.00123, "0.0012"),
        (0.05, "0.050"),
        (1.234, "1.23"),
        (9.996, "10.0"),
        (12.34, "12.3"),
        (1234.5, "1234"),
    ],
)
def test_figures_have_three_digits(value: float, text: str) -> None:
    assert three_digits(value) == text


def test_units_fit_the_figure() -> None:
    assert [time_text(ns) for ns in (170, 999.7, 35_000, 2.5e6, 3e9)] == [
        "170 ns",
        "1.00 us",
        "35.0 us",
        "2.50 ms",
        "3.00 s",
    ]
    assert [rate_text(rate) for rate in (12, 253_000, 9.9e6)] == ["12.0 /s", "253 k/s", "9.90 M/s"]
    assert throughput_text(12.5e9) == "12500 MB/s"
    assert [size_text(size) for size in (64, 4000, 16_000_000)] == ["64 B", "4 kB", "16 MB"]


def test_columns_are_in_line() -> None:
    lines = aligned(["carrier", "time"], [["a", "1 ns"], ["longer", "12 ns"]]).splitlines()
    assert lines == ["carrier   time", "a         1 ns", "longer   12 ns"]


def test_a_table_has_figure_and_ratio_of_each_row() -> None:
    lines = text_of(a_result()).splitlines()
    assert lines[0] == "Title"
    assert lines[1].split() == ["carrier", "waits", "messages", "+-", "ring", "is"]
    assert lines[2].split() == ["ring", "spinning", "10.0", "M/s", "25", "%", "(!)"]
    assert lines[3].split() == ["slow", "sleeping", "2.50", "M/s", "0", "%", "4.00", "x"]
    assert lines[4] == "  Note."


def test_a_table_names_each_reason_once() -> None:
    left = [LeftOut("one", "not installed"), LeftOut("two", "not installed"), LeftOut("three", "too slow")]
    assert text_of(a_result(left_out=left)).splitlines()[-2:] == [
        "  left out: one; two: not installed",
        "  left out: three: too slow",
    ]


def test_a_table_by_size_has_a_column_for_each_size_and_says_where_somebody_is_missing() -> None:
    small = a_result(unit="time")
    large = a_result(unit="time", size=4000, left_out=[LeftOut("slow", "too slow")])
    large.rows = large.rows[:1]
    lines = text_by_size([small, large]).splitlines()
    assert lines[1].split() == ["carrier", "64", "B", "4", "kB"]
    assert lines[2].split() == ["ring", "100", "ns", "100", "ns"]
    assert lines[3].split() == ["slow", "400", "ns", "(4.00", "x)", "-"]
    assert lines[-1] == "  left out: slow (4 kB): too slow"


def test_throughput_is_in_decimal_megabytes() -> None:
    result = a_result(unit="bytes", size=1_000_000)
    assert "10000000 MB/s" in text_of(result) and result.figure(result.rows[0]) == 1e13


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_a_picture_is_drawn(suffix: str, tmp_path: Path) -> None:
    picture = tmp_path / f"it's one{suffix}"
    try:
        draw([a_result(), a_result(workload="receive", unit="time")], picture)
    except NoPicture as error:
        pytest.skip(str(error))
    assert picture.read_bytes().startswith(b"\x89PNG" if suffix == ".png" else b"<?xml")
