"""One column at a time: each kind's dtype is fixed, missing is missing, and no value is lost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import soak

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.frames import InexactWarning, UnreadableWarning, to_frame
from jupyter_openapi.spec import Effect, Field, Kind, Operation, Table

TIME = "us" if pd.__version__.startswith("3") else "ns"
MAKE = {
    "method": "GET",
    "path": "/v1/x",
    "effect": Effect.READ,
    "group": "x",
    "limit": "none",
    "summary": "x",
}


def operation(*fields: Field) -> Operation:
    return Operation(name="sample", tables=(Table("rows[]", fields),), **MAKE)  # type: ignore[arg-type]


def column(
    cells: list[Any], kind: Kind, *, decimals: str = "float64", tz: str = "UTC", **field: Any
) -> pd.Series:
    """One described column, `x`, of the frame that holds these values."""
    rows = [{"x": value} for value in cells]
    return to_frame({"rows": rows}, operation(Field("x", kind, **field)), decimals=decimals, tz=tz)["x"]


def listed(series: pd.Series) -> list[Any]:
    return [None if pd.isna(value) else value for value in series]


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.ID, Kind.SYMBOL, Kind.ENUM])
def test_text_is_never_a_number(kind: Kind) -> None:
    found = column(["00700", "693664675163312128", "1e5", "", None], kind)
    assert found.dtype == pd.Series(dtype="str").dtype
    assert listed(found) == ["00700", "693664675163312128", "1e5", "", None]


def test_numbers_where_text_belongs_keep_all_digits() -> None:
    found = column([683615454870679600, 1.5, True, None, "x"], Kind.ID)
    assert listed(found) == ["683615454870679600", "1.5", "true", None, "x"]


def test_marked_values_are_none() -> None:
    found = column(["RTH_ONLY", "UnknownOutsideRth", None], Kind.ENUM, nulls=("UnknownOutsideRth",))
    assert listed(found) == ["RTH_ONLY", None, None]
    assert listed(column([0, 3, "0"], Kind.INTEGER, nulls=(0,), number=True)) == [None, 3, None]
    assert listed(column([7, "7", True], Kind.TEXT, nulls=(7,))) == [None, "7", "true"]


@pytest.mark.parametrize("zero", ["0", "0.000", "0.0", "-0", "0e5", 0, 0.0])
def test_any_zero_is_none_where_zero_means_none(zero: Any) -> None:
    prices = column([zero, "612.4"], Kind.DECIMAL, nulls=("0",))
    assert listed(prices) == [None, 612.4]
    assert listed(column([zero, "612.40"], Kind.DECIMAL, nulls=("0",), decimals="string")) == [None, "612.40"]
    assert listed(column([zero, "1"], Kind.DECIMAL, nulls=("0",), decimals="decimal")) == [None, Decimal(1)]
    assert listed(column([zero, "1"], Kind.DECIMAL)) == [0.0, 1.0]


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        (Kind.DECIMAL, "float64"),
        (Kind.INTEGER, "Int64"),
        (Kind.BOOLEAN, "boolean"),
        (Kind.TIMESTAMP, f"datetime64[{TIME}, UTC]"),
        (Kind.MILLIS, f"datetime64[{TIME}, UTC]"),
        (Kind.DATE, f"datetime64[{TIME}]"),
    ],
)
def test_nothing_but_missing_values_still_has_the_dtype(kind: Kind, dtype: str) -> None:
    found = column(["", None], kind)
    assert str(found.dtype) == dtype
    assert found.isna().all()


def test_decimals_in_three_forms() -> None:
    texts = ["1.10", "", None, "1759070010.72", 7, 0.1]
    assert listed(column(texts, Kind.DECIMAL)) == [1.1, None, None, 1759070010.72, 7.0, 0.1]
    exact = column(texts, Kind.DECIMAL, decimals="decimal")
    assert listed(exact) == [
        Decimal("1.10"),
        None,
        None,
        Decimal("1759070010.72"),
        Decimal(7),
        Decimal("0.1"),
    ]
    assert exact[1] is pd.NA
    kept = column(texts, Kind.DECIMAL, decimals="string")
    assert kept.dtype == pd.Series(dtype="str").dtype
    assert listed(kept) == ["1.10", None, None, "1759070010.72", "7", "0.1"]


def test_digits_float64_cannot_hold_are_counted_and_named_once() -> None:
    described = operation(
        Field("amount", Kind.DECIMAL), Field("price", Kind.DECIMAL), Field("fine", Kind.DECIMAL)
    )
    rows = [
        {"amount": text, "price": "0.12345678901234567891", "fine": "0.1"}
        for text in ("12345678901234567.89", "1")
    ]
    with pytest.warns(InexactWarning, match=r"amount \(1\), price \(2\)") as caught:
        frame = to_frame({"rows": rows}, described)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert frame.attrs["openapi"]["inexact"] == {"amount": 1, "price": 2}
    exact = to_frame({"rows": rows}, described, decimals="decimal")
    assert exact["amount"][0] == Decimal("12345678901234567.89")
    assert "inexact" not in exact.attrs["openapi"]


decimal_texts = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=4).map(lambda number: f"{number:f}"),
    st.integers(-(10**20), 10**20).map(str),
    st.from_regex(r"-?[0-9]{1,18}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
)


@settings(max_examples=soak(1000))
@given(st.lists(decimal_texts, max_size=40))
def test_exactness_is_counted_as_defined(texts: list[str]) -> None:
    """The short cut for texts of 15 characters or fewer never misses one."""
    import warnings

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        frame = to_frame({"rows": [{"x": text} for text in texts]}, operation(Field("x", Kind.DECIMAL)))
    lost = sum(Decimal(repr(float(text))) != Decimal(text) for text in texts)
    assert frame.attrs["openapi"].get("inexact", {}).get("x", 0) == lost
    assert [warning.category for warning in caught] == ([InexactWarning] if lost else [])
    assert frame["x"].tolist() == [float(text) for text in texts]


@settings(max_examples=soak(500))
@given(st.lists(st.one_of(decimal_texts, st.none(), st.just("")), max_size=20))
def test_exact_forms_keep_every_digit(texts: list[str | None]) -> None:
    described = operation(Field("x", Kind.DECIMAL))
    data = {"rows": [{"x": text} for text in texts]}
    assert listed(to_frame(data, described, decimals="string")["x"]) == [text or None for text in texts]
    decimals = listed(to_frame(data, described, decimals="decimal")["x"])
    assert [str(number) for number in decimals] == [str(Decimal(text)) if text else "None" for text in texts]


@pytest.mark.parametrize(
    ("kind", "good", "bad", "kept"),
    [
        (Kind.DECIMAL, "7", "abc", "abc"),
        (Kind.DECIMAL, "7", "1_000", "1_000"),
        (Kind.DECIMAL, "7", "nan", "nan"),
        (Kind.DECIMAL, "7", "Infinity", "Infinity"),
        (Kind.DECIMAL, "7", " 1", " 1"),
        (Kind.DECIMAL, "7", "\u0661", "\u0661"),  # a digit of another script
        (Kind.DECIMAL, "7", "1-2", "1-2"),
        (Kind.DECIMAL, "7", True, "true"),
        (Kind.DECIMAL, "7", {"amount": "é"}, '{"amount":"é"}'),
        (Kind.INTEGER, "7", "1.5", "1.5"),
        (Kind.INTEGER, "7", 2.5, "2.5"),
        (Kind.INTEGER, "7", 2**63, "9223372036854775808"),
        (Kind.INTEGER, "7", "9" * 5000, "9" * 5000),
        (Kind.INTEGER, "7", False, "false"),
        (Kind.INTEGER, "7", [1], "[1]"),
        (Kind.BOOLEAN, "true", "maybe", "maybe"),
        (Kind.BOOLEAN, "true", 1, "1"),
        (Kind.TIMESTAMP, "7", "2026-01-05T09:30:00Z", "2026-01-05T09:30:00Z"),
        (Kind.TIMESTAMP, "7", 10**18, "1000000000000000000"),
        (Kind.MILLIS, "7", "x", "x"),
        (Kind.DATE, "2026-01-05", "2026-02-30", "2026-02-30"),
        (Kind.DATE, "2026-01-05", "20260105", "20260105"),
        (Kind.DATE, "2026-01-05", ["2026-01-05"], '["2026-01-05"]'),
        (Kind.TEXT, "7", {"nested": [1, None]}, '{"nested":[1,null]}'),
    ],
)
def test_a_value_that_does_not_fit_keeps_the_column_as_text(
    kind: Kind, good: str, bad: Any, kept: str
) -> None:
    with pytest.warns(UnreadableWarning, match=r"kept as text: x\.") as caught:
        found = column([good, bad, None], kind)
    assert len(caught) == 1
    assert found.dtype == pd.Series(dtype="str").dtype
    assert listed(found) == [good, kept, None]


@pytest.mark.parametrize("kind", [Kind.DECIMAL, Kind.INTEGER, Kind.TIMESTAMP])
def test_true_is_not_taken_for_one(kind: Kind) -> None:
    with pytest.warns(UnreadableWarning):
        assert listed(column([1, True], kind)) == ["1", "true"]


def test_the_other_columns_keep_their_dtypes() -> None:
    described = operation(Field("bad", Kind.DECIMAL), Field("good", Kind.DECIMAL), Field("worse", Kind.DATE))
    with pytest.warns(UnreadableWarning, match=r"bad, worse\.$"):
        frame = to_frame({"rows": [{"bad": "x", "good": "1", "worse": "y"}]}, described)
    assert str(frame["good"].dtype) == "float64"
    assert frame.attrs["openapi"]["as_text"] == ["bad", "worse"]


def test_whole_numbers() -> None:
    assert listed(column([1, "2", 3.0, None, "", "-4"], Kind.INTEGER)) == [1, 2, 3, None, None, -4]
    assert listed(column([2**63 - 1, None], Kind.INTEGER)) == [2**63 - 1, None]
    assert str(column([1, 2], Kind.ENUM, values=(1, 2)).dtype) == "Int64"
    assert listed(column(["1", 9], Kind.ENUM, number=True)) == [1, 9]


def test_booleans() -> None:
    assert listed(column([True, "false", None, ""], Kind.BOOLEAN)) == [True, False, None, None]


def test_instants_appear_in_the_zone_asked_for() -> None:
    found = column(["1767605400", 1767605400, "0", 0, "", None], Kind.TIMESTAMP, tz="Asia/Hong_Kong")
    assert str(found.dtype) == f"datetime64[{TIME}, Asia/Hong_Kong]"
    assert found.isna().tolist() == [False, False, True, True, True, True]
    assert found[0].isoformat() == "2026-01-05T17:30:00+08:00"
    millis = column(["1767605400123"], Kind.MILLIS)
    assert millis[0].isoformat(timespec="milliseconds") == "2026-01-05T09:30:00.123+00:00"


@pytest.mark.parametrize("zone", ["UTC", "Asia/Hong_Kong", "America/New_York", "Pacific/Kiritimati"])
def test_dates_are_never_shifted(zone: str) -> None:
    found = column(["2026-01-30", "", None, "0"], Kind.DATE, tz=zone)
    assert str(found.dtype) == f"datetime64[{TIME}]"
    assert found[0] == pd.Timestamp("2026-01-30")
    assert found.isna().tolist() == [False, True, True, True]
    compact = column(["20260130", 20260131], Kind.DATE, tz=zone, date_format="%Y%m%d")
    assert compact.tolist() == [pd.Timestamp("2026-01-30"), pd.Timestamp("2026-01-31")]


def test_frames_can_be_written_to() -> None:
    """Columns own their memory: none is a read-only view of a reply."""
    described = operation(Field("x", Kind.DECIMAL), Field("t", Kind.TIMESTAMP), Field("n", Kind.INTEGER))
    frame = to_frame({"rows": [{"x": "1", "t": "1767605400", "n": 1}] * 3}, described)
    frame.loc[1, "x"] = 9.5
    frame.loc[1, "n"] = 5
    frame.loc[1, "t"] = pd.NaT
    assert frame["x"].tolist() == [1.0, 9.5, 1.0]
    assert frame["n"].tolist() == [1, 5, 1]
    assert frame["t"].isna().tolist() == [False, True, False]


def test_unusable_options_are_refused_in_one_sentence() -> None:
    with pytest.raises(RequestRefused, match=r"decimals is one of float64, decimal, string, not 'float'\."):
        to_frame({}, decimals="float")
    with pytest.raises(RequestRefused, match=r"'Mars/Olympus' is not a time zone: .*tz='Asia/Hong_Kong'"):
        to_frame({}, tz="Mars/Olympus")


def test_half_a_surrogate_pair_is_replaced_not_fatal() -> None:
    frame = to_frame({"rows": [{"x": "a\ud83d", "\ud800": "b"}]}, operation(Field("x", Kind.TEXT)))
    assert len(frame) == 1
    assert frame["x"][0].startswith("a")
    assert frame.iloc[0, 1] == "b"


KINDS = st.sampled_from(list(Kind))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | decimal_texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=soak(2000))
@given(
    st.lists(JSON, max_size=6),
    KINDS,
    st.sampled_from(["float64", "decimal", "string"]),
    st.sampled_from([(), ("0",), (0,), ("", "NOT_USED"), (-1,), (None, False)]),
)
def test_no_value_of_any_kind_raises_or_costs_a_row(
    values: list[Any], kind: Kind, decimals: str, nulls: tuple[Any, ...]
) -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = column(values, kind, decimals=decimals, nulls=nulls)
    assert len(found) == len(values)
