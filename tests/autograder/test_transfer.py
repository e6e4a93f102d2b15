import collections
import datetime as dt
import decimal
import enum
import functools
import io
import itertools
import json
import math
import pathlib
import pickle
import re
import struct
import subprocess
import sys
import threading
import tracemalloc
import types
import typing
import uuid
import warnings
import weakref
import zoneinfo
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from autograder.transfer import Bounds, TransferError, pack, unpack
from autograder.transfer._codec import DECODERS

pack([pd.NA, sparse.eye_array(1).tocsr()])  # every tag is registered now, for the fuzzing below
QUICK = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
NAN = math.nan
PARIS = zoneinfo.ZoneInfo("Europe/Paris")
Point = collections.namedtuple("Point", "x y")


def same(a, b):
    """Tell whether two values have the same types and contents everywhere; NaN equals NaN, 0.0 is not -0.0."""
    if type(a) is not type(b):
        # A named tuple arrives as one of a class of its own.
        names = getattr(a, "_fields", None)
        return names is not None and names == b._fields and type(a).__name__ == type(b).__name__ and same([*a], [*b])
    if a is pd.NaT or a is pd.NA or a is np.ma.masked:
        return a is b
    if isinstance(a, float | np.floating):
        return (a != a and b != b) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    if isinstance(a, complex | np.complexfloating):
        return same(a.real, b.real) and same(a.imag, b.imag)
    if isinstance(a, collections.deque):
        return a.maxlen == b.maxlen and same([*a], [*b])
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        defaults = getattr(a, "default_factory", None) is getattr(b, "default_factory", None)
        return defaults and same([*a.items()], [*b.items()])
    if isinstance(a, set | frozenset):
        return len(a) == len(b) and all(any(same(one, other) for other in b) for one in a)
    if isinstance(a, slice):
        return same([a.start, a.stop, a.step], [b.start, b.stop, b.step])
    if isinstance(a, pd.Timestamp | pd.Timedelta):
        return a == b and a.unit == b.unit and repr(getattr(a, "tz", None)) == repr(getattr(b, "tz", None))
    if isinstance(a, dt.datetime | dt.time):
        zones = repr(a.tzinfo) == repr(b.tzinfo)
        return zones and a.fold == b.fold and a.replace(tzinfo=None) == b.replace(tzinfo=None)
    if isinstance(a, Decimal):
        return str(a) == str(b)
    if isinstance(a, np.ma.MaskedArray):
        return same(a.data, b.data) and same(np.ma.getmask(a), np.ma.getmask(b)) and same(a.fill_value, b.fill_value)
    if isinstance(a, np.ndarray):
        if a.dtype.newbyteorder("<") != b.dtype or a.shape != b.shape:
            return False
        return same(a.ravel().tolist(), b.ravel().tolist()) if a.dtype == object else _bytes(a) == _bytes(b)
    if isinstance(a, np.datetime64 | np.timedelta64):
        return a.dtype == b.dtype and a.view("i8") == b.view("i8")
    if isinstance(a, pd.DataFrame):
        pd.testing.assert_frame_equal(a, b, check_exact=True, check_column_type="exact", check_flags=True)
        return same(a.attrs, b.attrs)
    if isinstance(a, pd.Series):
        pd.testing.assert_series_equal(a, b, check_exact=True, check_flags=True)
        return same(a.attrs, b.attrs)
    if isinstance(a, pd.Index):
        pd.testing.assert_index_equal(a, b, exact=True, check_exact=True)
        return getattr(a, "freq", None) == getattr(b, "freq", None)
    if isinstance(a, pd.api.extensions.ExtensionArray):
        pd.testing.assert_extension_array_equal(a, b, check_exact=True)
        return True
    if sparse.issparse(a):
        return a.shape == b.shape and a.dtype == b.dtype and same(a.toarray(), b.toarray())
    return bool(a == b)


def _bytes(array):
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()


def crosses(value):
    got = unpack(pack(value))
    assert same(value, got), f"{value!r} came out as {got!r}"


# ---- what crosses

zones = st.one_of(
    st.none(),
    st.sampled_from([dt.UTC, PARIS, zoneinfo.ZoneInfo("America/Argentina/Buenos_Aires"), zoneinfo.ZoneInfo("UTC")]),
    st.builds(dt.timezone, st.timedeltas(dt.timedelta(hours=-23), dt.timedelta(hours=23))),
    st.builds(dt.timezone, st.timedeltas(dt.timedelta(hours=-23), dt.timedelta(hours=23)), st.text(max_size=5)),
)
text = st.text(st.characters(exclude_categories=()), max_size=8)  # lone surrogates too
keys = st.one_of(
    st.none() | st.booleans() | st.integers() | st.floats() | text | st.binary(max_size=8) | st.dates() | st.uuids(),
    st.integers(-(10**400), 10**400) | st.complex_numbers() | st.fractions() | st.timedeltas(),
    st.decimals() | st.sampled_from([Decimal("sNaN"), Decimal("-NaN123"), Decimal("1e999999999"), Decimal("-0E-30")]),
    st.builds(dt.datetime.replace, st.datetimes(), tzinfo=zones, fold=st.integers(0, 1)),
    st.builds(dt.time.replace, st.times(), tzinfo=zones),
    st.builds(range, st.integers(), st.integers(), st.integers(1)),
    st.sampled_from([..., NotImplemented, pd.NaT, pd.NA, np.str_("a\0\ud800"), np.bytes_(b"a\0"), np.ma.masked]),
    st.builds(pathlib.PurePosixPath, st.text(max_size=8)) | st.builds(pathlib.PureWindowsPath, st.just("C:/a b")),
    st.builds(pd.Timestamp, st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1)), tz=zones),
    st.builds(pd.Timedelta, st.integers(-(2**40), 2**40), unit=st.sampled_from(["s", "ms", "us", "ns"])),
    st.builds(pd.Period, st.dates(dt.date(1700, 1, 1)), freq=st.sampled_from(["D", "M", "Q-NOV", "W-SUN", "15min"])),
    st.builds(pd.Interval, st.integers(0, 5), st.integers(5, 9), st.sampled_from(["left", "both", "neither"])),
    hnp.arrays(st.one_of(hnp.scalar_dtypes().filter(lambda kind: kind.kind not in "SU")), ()).map(lambda one: one[()]),
)
leaves = keys.filter(lambda key: not (isinstance(key, Decimal) and key.is_snan())) | st.builds(
    slice, keys, keys, st.none() | st.integers()
)
hashable = keys.filter(lambda key: not (isinstance(key, Decimal) and key.is_snan()) and key is not np.ma.masked)
arrays = hnp.arrays(
    hnp.scalar_dtypes() | hnp.byte_string_dtypes() | hnp.unicode_string_dtypes(),
    hnp.array_shapes(min_dims=0, min_side=0, max_side=4),
)


def containers(inner):
    return st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.lists(hashable, max_size=4).map(set) | st.lists(hashable, max_size=4).map(frozenset),
        st.dictionaries(hashable, inner, max_size=4),
        st.dictionaries(hashable, inner, max_size=4).map(collections.OrderedDict),
        st.dictionaries(hashable, st.integers(), max_size=4).map(collections.Counter),
        st.builds(
            collections.defaultdict,
            st.sampled_from([None, int, list, set]),
            st.dictionaries(hashable, inner, max_size=3),
        ),
        st.builds(collections.deque, st.lists(inner, max_size=4), st.none() | st.integers(0, 5)),
        st.builds(Point, inner, inner),
        st.lists(inner, min_size=4, max_size=4).map(objects),
        arrays,
    )


def objects(values):
    made = np.empty(4, object)
    for place, value in enumerate(values):
        made[place] = value
    return made.reshape(2, 2)


@QUICK
@given(st.recursive(leaves, containers, max_leaves=12))
def test_every_value_of_the_closed_set_comes_out_as_it_was(value):
    crosses(value)


columns = st.sampled_from(
    [
        *("int64", "uint8", "float32", "float64", "bool", "complex128", "object", "str", "string", "category"),
        *("Int16", "Float64", "boolean", "datetime64[s]", "timedelta64[ms]", "period[M]", "interval"),
        "datetime64[ns, Europe/Paris]",
    ]
)


@st.composite
def series(draw, rows):
    kind = draw(columns)
    size = rows
    numbers = np.array(draw(st.lists(st.integers(0, 100), min_size=size, max_size=size)), dtype="int64")
    missing = np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)), dtype=bool)
    if kind == "interval":
        return pd.Series(pd.arrays.IntervalArray.from_arrays(numbers, numbers + 1.5, "left"))
    if kind == "period[M]":
        return pd.Series(pd.PeriodIndex.from_ordinals(numbers, freq="M"))
    if kind == "datetime64[ns, Europe/Paris]":
        made = pd.Series(pd.to_datetime(numbers * 10**9, utc=True).tz_convert("Europe/Paris"))
    elif kind in ("str", "string", "category", "object"):
        made = pd.Series([f"é{number}" for number in numbers], dtype=kind)
    else:
        made = pd.Series(numbers).astype("Int64" if kind == "boolean" else kind) if kind != "boolean" else None
        made = pd.Series(numbers % 2 == 1, dtype="boolean") if made is None else made
    if kind not in ("int64", "uint8", "bool", "complex128"):
        made = made.mask(missing)
    return made


@st.composite
def frames(draw):
    rows = draw(st.integers(0, 5))
    parts = draw(st.lists(series(rows), max_size=5))
    frame = pd.concat(parts, axis=1) if parts else pd.DataFrame(index=range(rows))
    frame.columns = draw(
        st.sampled_from(
            [
                pd.RangeIndex(len(parts)),
                pd.Index(["same"] * len(parts), dtype=object, name=("a", 1)),
                pd.Index([f"c{number}" for number in range(len(parts))]),
                pd.MultiIndex.from_tuples([("top", number) for number in range(len(parts))], names=["u", None])
                if parts
                else pd.RangeIndex(0),
            ]
        )
    )
    if draw(st.booleans()):
        frame.index = draw(
            st.sampled_from(
                [
                    pd.date_range("2026-03-28", periods=rows, freq="h", tz="Europe/Paris", name="when"),
                    pd.period_range("2026-01", periods=rows, freq="Q"),
                    pd.CategoricalIndex(list("abcab")[:rows], categories=list("cab"), ordered=True),
                    pd.Index([1.5, NAN, 2, 2, 3][:rows]),
                    pd.interval_range(0, periods=rows),
                    pd.MultiIndex.from_product([list("ab"), [1, 2, 3]])[:rows],
                ]
            )
        )
    return frame


@settings(QUICK, max_examples=40)
@given(frames())
def test_tables_come_out_as_they_were(frame):
    crosses(frame)
    for place in range(frame.shape[1]):
        crosses(frame.iloc[:, place])
        crosses(frame.iloc[:, place].array)
    crosses(frame.index)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(10**50_000, id="more-digits-than-python-prints"),
        pytest.param([10**50, *range(20)], id="long-list-with-a-big-integer"),
        pytest.param([float(number) for number in range(20)] + [NAN, -0.0, math.inf], id="long-list-of-numbers"),
        pytest.param(["a\0b"] * 20, id="text-with-nul"),
        pytest.param(["\ud83d\ude00", "\U0001f600", "\\", '"', "[{,", "\n"] * 4, id="surrogates-brackets-quotes"),
        pytest.param([None, True, "x"] * 10, id="long-plain-list"),
        pytest.param({1: "a", "1": "b", (1, 2.0): "c", None: "d", b"1": "e"}, id="keys-of-many-types"),
        pytest.param({NAN, -NAN, float("nan")}, id="set-of-several-nan"),
        pytest.param(np.arange(6, dtype=">i4").reshape(2, 3).T, id="other-byte-order-and-order"),
        pytest.param(np.zeros((0, 3)), id="no-rows"),
        pytest.param(np.array(5, dtype=object), id="no-dimensions"),
        pytest.param(np.ma.MaskedArray([1, 2, 3], [True, False, True], fill_value=7), id="masked"),
        pytest.param(np.ma.MaskedArray(["a", "b"]), id="nothing-masked"),
        pytest.param(np.array([np.datetime64("NaT"), np.datetime64("2026-01-01")], dtype="M8[25s]"), id="odd-unit"),
        pytest.param(np.longdouble(1) / 3, id="long-double"),
        pytest.param(sparse.csr_matrix(np.eye(3)), id="csr"),
        pytest.param(sparse.csc_array(np.array([[0, 2], [3, 0]], dtype=np.int8)), id="csc"),
        pytest.param(sparse.coo_matrix((2, 3), dtype=np.float32), id="coo"),
        pytest.param(pd.cut(pd.Series([1, 5, 9, NAN]), 3), id="cut"),
        pytest.param(pd.Categorical(["a", None], categories=["b", "a"], ordered=True), id="ordered-categorical"),
        pytest.param(pd.DataFrame({"a": [1, 2], "b": [1, 2]}).groupby("a").agg(["sum", "mean"]), id="grouped"),
        pytest.param(pd.DataFrame({"a": [1, 2], "b": [3, 4]}).describe(), id="describe"),
        pytest.param(pd.DataFrame({"a": ["x", 1, None, (1, 2)]}), id="mixed-objects"),
        pytest.param(pd.DataFrame({"a": ["x", "y"]}, dtype=object), id="text-as-objects"),
        pytest.param(pd.DataFrame(index=["a", "b"]), id="no-columns"),
        pytest.param(pd.DataFrame(), id="nothing"),
        pytest.param(pd.Series([1], name=("a", 1)), id="name"),
        pytest.param(pd.Series(["a", None], dtype="category"), id="categories"),
        pytest.param(pd.arrays.FloatingArray(np.array([NAN, 1.0]), np.array([False, True])), id="nan-and-na"),
        pytest.param(pd.date_range("2026", periods=3, freq="QS-OCT"), id="frequency"),
        pytest.param(pd.Timestamp("2026-10-25 01:30", tz="UTC").tz_convert("Europe/Paris"), id="second-time-that-hour"),
        pytest.param(pd.Timestamp.max, id="latest-timestamp"),
        pytest.param([pd.DataFrame({"a": [1]}), {"b": pd.Series([2])}], id="tables-in-containers"),
        pytest.param(np.dtype("float32"), id="a-type"),
        pytest.param(pathlib.PosixPath("a/../b"), id="path"),
        pytest.param(uuid.UUID(int=5), id="uuid"),
    ],
)
def test_cases_that_once_went_wrong_elsewhere(value):
    crosses(value)


def test_what_a_table_carries_beside_its_values():
    frame = pd.DataFrame({"a": [1]}).set_flags(allows_duplicate_labels=False)
    frame.attrs = {"source": ("survey", 2026)}
    got = unpack(pack(frame))
    assert got.attrs == {"source": ("survey", 2026)}
    assert not got.flags.allows_duplicate_labels


def test_arrays_can_be_written_to():
    array = unpack(pack(np.arange(3)))
    array[0] = 5
    assert array.tolist() == [5, 1, 2]
    frame = unpack(pack(pd.DataFrame({"a": [1.0, 2.0]})))
    frame.loc[0, "a"] = 9
    assert frame["a"].tolist() == [9, 2]


def test_equal_named_tuples_have_one_class():
    first, second = unpack(pack([Point(1, 2), collections.namedtuple("Point", "x y")(3, 4)]))
    assert type(first) is type(second)
    assert (first.x, second.y) == (1, 4)


def test_a_plain_value_needs_no_library():
    code = "import sys; from autograder.transfer import *; unpack(pack([1, {'a': 2}])); print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


# ---- what doesn't


class SubInt(int):
    pass


class SubStr(str):
    __slots__ = ()


class SubList(list):
    pass


class SubDict(dict):
    pass


class SubArray(np.ndarray):
    pass


class SubFrame(pd.DataFrame):
    pass


class Colour(enum.Enum):
    RED = 1


class Whole(enum.IntEnum):
    ONE = 1


class Rich(typing.NamedTuple):
    x: int

    @property
    def double(self):
        return 2 * self.x


class Equal:
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


class Zone(dt.tzinfo):
    def utcoffset(self, moment):
        return dt.timedelta(hours=1)

    dst = tzname = utcoffset


class Pretender(type):
    def __eq__(cls, other):
        return True

    def __hash__(cls):
        return hash(int)


class Pretends(metaclass=Pretender):
    pass


FOREIGN = {
    "function": test_arrays_can_be_written_to,
    "lambda": lambda: 1,
    "builtin": len,
    "method": [].append,
    "partial": functools.partial(len),
    "module": math,
    "class": int,
    "object": object(),
    "instance": Equal(),
    "generator": (x for x in ()),
    "iterator": iter([]),
    "itertools": itertools.count(),
    "map": map(len, []),
    "stringio": io.StringIO(),
    "lock": threading.Lock(),
    "thread": threading.current_thread(),
    "code": compile("1", "x", "eval"),
    "frame-object": sys._getframe(),
    "weakref": weakref.ref(Equal),
    "namespace": types.SimpleNamespace(),
    "proxy": types.MappingProxyType({}),
    "memoryview": memoryview(b""),
    "dict-view": {}.keys(),
    "exception": ValueError("x"),
    "enum": Colour.RED,
    "int-enum": Whole.ONE,
    "pattern": re.compile("x"),
    "int-subclass": SubInt(1),
    "str-subclass": SubStr("x"),
    "list-subclass": SubList(),
    "dict-subclass": SubDict(),
    "array-subclass": np.zeros(1).view(SubArray),
    "frame-subclass": SubFrame(),
    "matrix": np.matrix([[1]]),
    "record-array": np.rec.array([(1, 2)], dtype="i4,i4"),
    "structured": np.zeros(1, dtype="i4,f8"),
    "void": np.zeros(1, dtype="i4,f8")[0],
    "masked-objects": np.ma.MaskedArray([None, 1]),
    "string-dtype": np.array(["a"], dtype=np.dtypes.StringDType()),
    "random": np.random.default_rng(0),
    "ufunc": np.add,
    "estimator": LogisticRegression(),
    "dok": sparse.dok_matrix((2, 2)),
    "sparse-column": pd.DataFrame({"a": pd.arrays.SparseArray([0, 1])}),
    "group-by": pd.DataFrame({"a": [1]}).groupby("a"),
    "offset": pd.offsets.Day(),
    "own-default": collections.defaultdict(lambda: 0),
    "rich-named-tuple": Rich(1),
    "chain-map": collections.ChainMap(),
    "own-zone": dt.datetime(2026, 1, 1, tzinfo=Zone()),
    "own-zone-timestamp": pd.Timestamp(0, tz=dt.UTC).replace(tzinfo=Zone()),
    "zone-without-name": zoneinfo.ZoneInfo.from_file(io.BytesIO(pathlib.Path(zoneinfo.TZPATH[0], "UTC").read_bytes()))
    if pathlib.Path(zoneinfo.TZPATH[0], "UTC").is_file()
    else Zone(),
    "decimal-context": decimal.getcontext(),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_nothing_else_crosses(name):
    value = FOREIGN[name]
    for container, where in (
        (value, None),
        ({"model": [1, 2, 3, value]}, "at ['model'][3]"),
        (Point(1, (value,)), "at .y[0]"),
        (np.array([None, value, None], dtype=object) if not hasattr(value, "__len__") else [0, value], "[1]"),
    ):
        with pytest.raises(TransferError) as raised:
            pack(container)
        assert where is None or where in raised.value.problem


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_described_is_resolved_where_it_stood(name):
    value, seen = FOREIGN[name], []

    def describe(thing):
        seen.append(thing)
        return {"number": 7, "list": [None, 1.5, "\ud800"]}

    data = pack(["before", {"model": (value,)}, np.arange(3)], describe=describe)
    assert len(seen) == 1
    assert seen[0] is value
    before, model, array = unpack(data, resolve=lambda description: ("resolved", description))
    assert (before, array.tolist()) == ("before", [0, 1, 2])
    assert model == {"model": (("resolved", {"number": 7, "list": [None, 1.5, "\ud800"]}),)}
    with pytest.raises(TransferError, match="not data"):
        unpack(data)


def test_a_class_that_claims_to_be_another_does_not_escape_the_reader():
    with pytest.raises(TransferError):
        pack(Pretends())


def test_handles_in_a_table_and_as_keys():
    frame = pd.DataFrame({"f": [len, max]}, dtype=object)
    got = unpack(pack(frame, describe=lambda thing: thing.__name__), resolve=lambda name: name)
    assert got["f"].tolist() == ["len", "max"]
    assert unpack(pack({len: {max}}, describe=lambda f: f.__name__), resolve=lambda n: n) == {"len": {"max"}}


def test_the_refusal_of_describe_says_where():
    def describe(thing):
        raise TransferError("A generator can be used once only.", "Make a list of it.")

    with pytest.raises(TransferError) as raised:
        pack({"rows": [(x for x in ())]}, describe=describe)
    assert raised.value.problem == "A generator can be used once only, at ['rows'][0]."
    assert raised.value.hint == "Make a list of it."


@pytest.mark.parametrize("description", [object(), {1: 2}, (1,), [np.float64(1)], b"x"])
def test_a_description_is_plain(description):
    with pytest.raises(TransferError, match="not plain"):
        pack(len, describe=lambda thing: description)


def test_errors_of_the_far_side_pass_and_others_do_not():
    data = pack(len, describe=lambda thing: {"a": 1})

    def gone(description):
        raise TransferError("The session has ended.", "Start again.")

    with pytest.raises(TransferError, match="session has ended"):
        unpack(data, resolve=gone)
    with pytest.raises(TransferError, match="KeyError"):
        unpack(data, resolve=lambda description: description["missing"])


def test_the_error_survives_pickling():
    with pytest.raises(TransferError) as raised:
        pack({"model": [0, len]})
    again = pickle.loads(pickle.dumps(raised.value))
    assert (type(again), again.problem, again.hint) == (TransferError, raised.value.problem, raised.value.hint)
    assert "builtin_function_or_method" in again.problem


# ---- bounds


def nested(depth, make=lambda inner: [inner]):
    value = 0
    for _turn in range(depth):
        value = make(value)
    return value


@pytest.mark.parametrize(
    "make", [lambda x: [x], lambda x: (x,), lambda x: {"a": x}, lambda x: collections.deque([x]), lambda x: {x, 0.5}]
)
def test_depth(make):
    if isinstance(make(0), set):
        make = lambda x: frozenset([x])  # noqa: E731
    crosses(nested(50, make))
    for depth in (51, 1000, 5000):
        with pytest.raises(TransferError, match="50 levels"):
            pack(nested(depth, make))


def test_what_contains_itself():
    loop = [1]
    loop.append({"again": loop})
    array = np.array([None], dtype=object)
    array[0] = array
    counted = collections.deque()
    counted.append(counted)
    for value in (loop, array, counted):
        with pytest.raises(TransferError, match="contains itself"):
            pack(value)
    shared = [1]
    crosses([shared, shared])


def laughs():
    value = ["ha"]
    for _turn in range(20):
        value = [value] * 10
    return value


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(laughs(), id="billion-laughs"),
        pytest.param(["x" * 2**20] * 100, id="one-long-text-many-times"),
        pytest.param([b"x" * 2**20] * 100, id="one-long-bytes-many-times"),
        pytest.param(np.broadcast_to(0.0, (10**6, 10**6)), id="broadcast-array"),
        pytest.param([np.zeros(10**6)] * 100, id="one-array-many-times"),
        pytest.param(np.broadcast_to(np.array(["x" * 100]), (10**8,)), id="broadcast-text"),
        pytest.param(range(10**12), id="range-is-no-bomb"),
        pytest.param(10**200_000, id="integer"),
        pytest.param(Decimal("1" * 200_000), id="decimal"),
        pytest.param([None] * 300_000, id="long-list"),
        pytest.param([1.5] * 300_000, id="long-list-of-numbers"),
    ],
)
def test_what_is_too_large_is_refused_without_making_it(value):
    if isinstance(value, range):
        crosses(value)
        return
    tracemalloc.start()
    try:
        with pytest.raises(TransferError):
            pack(value, bounds=Bounds(bytes=16 * 2**20, items=50_000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 64 * 2**20


def test_both_sides_keep_the_same_bounds():
    value = {"a": [1.5] * 100, "b": pd.DataFrame({"x": list("abc")}), "c": [(1, 2)] * 20}
    data = pack(value)
    exact = Bounds(bytes=len(data))
    assert pack(value, bounds=exact) == data
    unpack(data, bounds=exact)
    for tight in (Bounds(bytes=len(data) - 1), Bounds(items=100)):
        with pytest.raises(TransferError):
            pack(value, bounds=tight)
        with pytest.raises(TransferError):
            unpack(data, bounds=tight)
    limit = next(n for n in range(2000) if not _fails(lambda n=n: pack(value, bounds=Bounds(items=n))))
    unpack(data, bounds=Bounds(items=limit))
    assert _fails(lambda: unpack(data, bounds=Bounds(items=limit - 1)))


def _fails(act):
    try:
        act()
    except TransferError:
        return True
    return False


# ---- hostile bytes


def forge(header, *buffers, sizes=None):
    text = header if isinstance(header, bytes) else header.encode("utf-8", "surrogatepass")
    sizes = [len(buffer) for buffer in buffers] if sizes is None else sizes
    fixed = struct.pack("<4sII", b"HRT\x01", len(text), len(sizes)) + struct.pack(f"<{len(sizes)}Q", *sizes)
    return fixed + text + b"".join(buffers)


def test_the_forge_makes_frames():
    assert unpack(forge('["a",{"tuple":[1]}]')) == ["a", (1,)]
    assert unpack(forge('{"array":["<i8",[1],0]}', b"\5" + b"\0" * 7)).tolist() == [5]


TWO = b"\1" + b"\0" * 15
HOSTILE = {
    "empty": b"",
    "no-magic": b"x" * 20,
    "pickle": pickle.dumps([1]),
    "cut-off": forge("[1]")[:-1],
    "trailing": forge("[1]") + b"x",
    "no-json": forge("hello"),
    "no-header": forge(""),
    "two-values": forge("1 2"),
    "not-utf-8": forge(b'"\xff"'),
    "million-million-buffers": struct.pack("<4sII", b"HRT\x01", 0, 2**32 - 1),
    "huge-header": struct.pack("<4sII", b"HRT\x01", 2**32 - 1, 0),
    "huge-buffer": forge("0", sizes=[2**63]),
    "sizes-that-wrap-around": forge("0", b"xx", sizes=[2**64 - 1, 3]),
    "deep": forge("[" * 10**5 + "]" * 10**5),
    "deep-open": forge("[" * 10**5),
    "deep-tags": forge('{"tuple":[' * 10**4 + "]}" * 10**4),
    "deep-after-a-string": forge(r'["\\\"", ' + "[" * 10**5 + "]" * 10**5 + "]"),
    "deep-behind-an-odd-quote": forge('["a\\\\", "' + "[" * 10**5),
    "brackets-crossed": forge("[{]}"),
    "repeated-key": forge('{"tuple":[1],"tuple":[2]}'),
    "two-tags": forge('{"tuple":[1],"set":[2]}'),
    "no-tag": forge("{}"),
    "unknown-tag": forge('{"eval":"1"}'),
    "nan-token": forge("[NaN]"),
    "infinity-token": forge("[-Infinity]"),
    "huge-integer": forge("[" + "9" * 10**6 + "]"),
    "huge-exponent": forge("[1" + "0" * 50 + "e9]"),
    "integer-not-hex": forge('{"int":"0x10"}'),
    "integer-too-long": forge('{"int":"' + "f" * 10**6 + '"}'),
    "float-name": forge('{"float":"infinity"}'),
    "fraction-by-zero": forge('{"fraction":[1,0]}'),
    "fraction-of-text": forge('{"fraction":["1","2"]}'),
    "decimal-odd": forge('{"decimal":"1_0"}'),
    "decimal-exponent": forge('{"decimal":"1E+9999999999999999999999"}'),
    "uuid": forge('{"uuid":"xx"}'),
    "constant": forge('{"constant":"exit"}'),
    "path-kind": forge('{"path":["open","x"]}'),
    "default-eval": forge('{"defaultdict":["eval",[]]}'),
    "unhashable-key": forge('{"dict":[[1],2]}'),
    "key-twice": forge('{"dict":["a",1,"a",2]}'),
    "key-without-value": forge('{"dict":["a"]}'),
    "set-of-lists": forge('{"set":[[1]]}'),
    "element-twice": forge('{"set":[1,{"decimal":"1"}]}'),
    "deque-length": forge('{"deque":[[1,2],1]}'),
    "range-step-zero": forge('{"range":[0,1,0]}'),
    "zone-traversal": forge('{"zone":"../../etc/passwd"}'),
    "zone-absolute": forge('{"zone":"/etc/localtime"}'),
    "zone-dots": forge('{"zone":"Europe/../Paris"}'),
    "zone-folder": forge('{"zone":"Europe"}'),
    "zone-unknown": forge('{"zone":"Europe/Atlantis"}'),
    "zone-module": forge('{"zone":"tzdata.zoneinfo"}'),
    "offset-too-far": forge('{"offset":[5,0,0,null]}'),
    "delta-overflow": forge('{"timedelta":[9000000000000000000,0,0]}'),
    "date": forge('{"date":[2026,13,1]}'),
    "zone-is-text": forge('{"time":[1,2,3,4,0,"UTC"]}'),
    "named-keyword": forge('{"named":["P",["class"],[1]]}'),
    "named-code": forge('{"named":["P",["x=print(1)"],[1]]}'),
    "named-dunder": forge('{"named":["P",["__class__"],[1]]}'),
    "named-twice": forge('{"named":["P",["x","x"],[1,2]]}'),
    "named-twice-after-normalising": forge('{"named":["P",["fi","ﬁ"],[1,2]]}'),
    "named-count": forge('{"named":["P",["x"],[1,2]]}'),
    "named-many-classes": forge("[" + ",".join(f'{{"named":["H{n}",["x"],[1]]}}' for n in range(200)) + "]"),
    "handle-without-resolve": forge('{"handle":1}'),
    "buffer-missing": forge('{"bytes":0}'),
    "buffer-negative": forge('{"bytes":-1}', b"x"),
    "buffer-true": forge('[{"bytes":true},{"bytes":0}]', b"x", b"y"),
    "buffer-twice": forge('[{"bytes":0},{"bytes":0}]', b"x"),
    "buffer-unused": forge("1", b"x"),
    "numbers-cut": forge('{"ints":0}', b"x"),
    "text-not-utf-8": forge('{"texts":0}', b"\xff"),
    "array-of-a-million-million": forge('{"array":["<f8",[1000000000000],0]}', b""),
    "array-overflow": forge('{"array":["<f8",[4294967296,4294967296,8],0]}', b""),
    "array-empty-but-huge": forge('{"array":["<f8",[0,1000000000000],0]}', b""),
    "array-of-nothing": forge('{"array":["|S0",[1000000000000],0]}', b""),
    "array-of-nothing-in-bounds": forge('{"array":["<U0",[50000000],0]}', b""),
    "array-wide-text": forge('{"array":["<U1000000",[1000000],0]}', b""),
    "array-negative": forge('{"array":["<f8",[-1,-1],0]}', b"12345678"),
    "array-of-pointers": forge('{"array":["|O",[1],0]}', b"12345678"),
    "array-structured": forge('{"array":["<i4,<i4",[1],0]}', b"12345678"),
    "array-void": forge('{"array":["|V8",[1],0]}', b"12345678"),
    "array-shape-true": forge('{"array":["<f8",[true],0]}', b"12345678"),
    "array-many-dimensions": forge('{"array":["<f8",[' + ",".join("1" * 100) + "],0]}", b"12345678"),
    "array-bool": forge('{"array":["|b1",[1],0]}', b"\2"),
    "array-no-character": forge('{"array":["<U1",[1],0]}', b"\xff\xff\xff\xff"),
    "array-date-unit": forge('{"array":["<M8[parsec]",[1],0]}', b"12345678"),
    "scalar-size": forge('{"scalar":["<f8","00"]}'),
    "scalar-bool": forge('{"scalar":["|b1","02"]}'),
    "objects-count": forge('{"objects":[[1000000000000],[]]}'),
    "mask-of-another": forge('{"masked":[{"array":["<i8",[2],0]},{"array":["|b1",[1],1]},null,false]}', TWO, b"\1"),
    "sparse-outside": forge(
        '{"sparse":["csr_matrix",[1,1],[{"array":["<i8",[1],0]},{"array":["<i4",[1],1]},{"array":["<i4",[2],2]}]]}',
        *(TWO[:8], b"\x09\0\0\0", b"\0\0\0\0\1\0\0\0"),
    ),
    "sparse-pointer": forge(
        '{"sparse":["csr_matrix",[1,1],[{"array":["<i8",[1],0]},{"array":["<i4",[1],1]},{"array":["<i4",[2],2]}]]}',
        *(TWO[:8], b"\0\0\0\0", b"\0\0\0\0\xff\0\0\0"),
    ),
    "sparse-negative-coo": forge(
        '{"sparse":["coo_matrix",[1,1],[{"array":["<i8",[1],0]},{"array":["<i4",[1],1]},{"array":["<i4",[1],2]}]]}',
        *(TWO[:8], b"\xff\xff\xff\xff", b"\0\0\0\0"),
    ),
    "codes-outside": forge('{"categories":[{"array":["|i1",[2],0]},{"range_index":[0,2,1,null]},false]}', b"\0\5"),
    "codes-below": forge('{"categories":[{"array":["|i1",[2],0]},{"range_index":[0,2,1,null]},false]}', b"\0\xfe"),
    "categories-twice": forge(
        '{"categories":[{"array":["|i1",[1],0]},{"index":[{"array":["|i1",[2],1]},null,null]},false]}', b"\0", b"\1\1"
    ),
    "multi-index-codes": forge(
        '{"multi_index":[[{"range_index":[0,2,1,null]}],[{"array":["|i1",[1],0]}],[null]]}', b"\7"
    ),
    "multi-index-nested": forge('{"multi_index":[[{"multi_index":[[],[],[]]}],[{"array":["|i1",[0],0]}],[null]]}', b""),
    "text-codes": forge('{"pd_text":["python","nan",{"array":["<i4",[1],0]},["a"]]}', b"\5\0\0\0"),
    "index-length": forge('{"range_index":[0,1000000000000,1,null]}'),
    "index-name": forge('{"range_index":[0,1,1,[1]]}'),
    "frame-lengths": forge(
        '{"frame":[{"range_index":[0,1,1,null]},{"range_index":[0,3,1,null]},[{"array":["|i1",[2],0]}],[true,{"dict":[]}]]}',
        b"\1\2",
    ),
    "frame-bomb": forge(
        '{"frame":[{"range_index":[0,0,1,null]},{"range_index":[0,1000000000000,1,null]},[],[true,{"dict":[]}]]}'
    ),
    "frequency": forge('{"period":[1,"__import__(\'os\')"]}'),
    "frequency-long": forge('{"period":[1,"' + "D" * 10**6 + '"]}'),
    "timestamp-unit": forge('{"timestamp":[1,"D",null]}'),
    "interval-order": forge('{"interval":[2,1,"left"]}'),
    "interval-of-text": forge('{"interval":["a","b","left"]}'),
    "same-hash": forge('{"dict":[' + ",".join(f'{{"complex":[{-1000003.0 * n},{n}.0]}},0' for n in range(500)) + "]}"),
    "a-hundred-thousand-tables": forge("[" + ",".join(['{"range_index":[0,1,1,null]}'] * 30_000) + "]"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_refused_at_once(name):
    tracemalloc.start()
    try:
        with pytest.raises(TransferError):
            unpack(HOSTILE[name], bounds=Bounds(items=200_000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 * 2**20 + 8 * len(HOSTILE[name])


VALID = [
    pack(value)
    for value in (
        {"a": [1, 2.5, None, "x"], "b": (True, {1, 2}), "c": Fraction(1, 3), "d": Decimal("1.5"), "e": 10**30},
        [dt.datetime(2026, 1, 1, tzinfo=PARIS), Point(1, 2), collections.Counter("aab"), range(5), b"bytes"],
        [
            np.arange(6).reshape(2, 3),
            np.array(["a", None], dtype=object),
            np.float32(1),
            np.ma.MaskedArray([1], [True]),
        ],
        pd.DataFrame({"i": [1, 2], "s": ["x", None], "c": pd.Categorical(["u", "v"]), "n": pd.array([1, None])}),
        pd.Series([1.5, 2], index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]), name="n"),
        pd.DataFrame({"t": pd.date_range("2026", periods=2, tz="Europe/Paris")}, index=pd.interval_range(0, periods=2)),
        [pd.Timestamp(0, tz="UTC"), pd.Period("2026-01", "M"), pd.period_range("2026", periods=2), pd.Timedelta(1)],
        sparse.csr_matrix(np.eye(2)),
    )
]


def survives(data):
    """Unpack; anything but TransferError fails, and so does a word on standard error."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            unpack(data, resolve=lambda description: description, bounds=Bounds(bytes=2**20, items=20_000))
        except TransferError:
            return False
        finally:
            assert [str(one.message) for one in said] == []
    return True


@QUICK
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes(data, begun):
    survives(b"HRT\x01" + data if begun else data)


@settings(QUICK, max_examples=250)
@given(st.sampled_from(VALID), st.data())
def test_any_change_of_a_frame(frame, data):
    changed = bytearray(frame)
    for _turn in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(changed) - 1))
        changed[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
        if not changed:
            return
    survives(bytes(changed))


@settings(QUICK, max_examples=250)
@given(st.sampled_from(VALID), st.data())
def test_any_change_of_a_header(frame, data):
    _magic, length, count = struct.unpack_from("<4sII", frame)
    sizes = struct.unpack_from(f"<{count}Q", frame, 12)
    start = 12 + 8 * count
    tokens = re.findall(r'"[^"]*"|-?[0-9.]+|[\[\]{}:,]|[a-z]+', frame[start : start + length].decode())
    places = [place for place, token in enumerate(tokens) if token not in "[]{}:,"]
    for _turn in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places))
        other = st.sampled_from(
            [
                *(tokens[data.draw(st.sampled_from(places))], "-1", "0", "3", "9223372036854775807", "null", "true"),
                *('""', "[]", '{"pd_na":"NaT"}', '{"float":"nan"}', '{"range_index":[0,2,1,null]}'),
                *('"<M8[s]"', '"<U4"', '"|i1"'),
            ]
        )
        is_tag = place + 1 < len(tokens) and tokens[place + 1] == ":"
        tokens[place] = json.dumps(data.draw(st.sampled_from(sorted(DECODERS)))) if is_tag else data.draw(other)
    survives(forge("".join(tokens), *_buffers(frame[start + length :], sizes)))


def _buffers(data, sizes):
    ends = [*itertools.accumulate(sizes)]
    return [data[end - size : end] for end, size in zip(ends, sizes, strict=True)]


ATOMS = st.sampled_from(
    [
        *("null", "true", "0", "1", "2", "-1", "2.5", '"a"', '"nan"', '"UTC"', '"python"', '"left"', '"s"', '"ns"'),
        *('"<i8"', '"D"', '"csr_matrix"', '"<U1"', '{"range_index":[0,2,1,null]}', '{"dict":[]}', '{"zone":"UTC"}'),
        *('{"array":["|i1",[2],0]}', '{"array":["<M8[s]",[1],1]}', '{"array":["<i4",[2],2]}'),
        *('{"pd_na":"NA"}', '{"np_constant":"masked"}'),
    ]
)


@settings(QUICK, max_examples=300)
@given(
    st.recursive(
        ATOMS,
        lambda inner: st.one_of(
            st.lists(inner, max_size=5).map(lambda parts: "[" + ",".join(parts) + "]"),
            st.builds(
                lambda tag, parts: f'{{"{tag}":[{",".join(parts)}]}}',
                st.sampled_from(sorted(DECODERS)),
                st.lists(inner, max_size=5),
            ),
            st.builds(lambda tag, part: f'{{"{tag}":{part}}}', st.sampled_from(sorted(DECODERS)), inner),
        ),
        max_leaves=10,
    )
)
def test_any_tags_with_any_contents(header):
    used = [number for number in range(3) if f"],{number}]" in header]
    survives(forge(header, *[b"\0\1", b"\0" * 8, b"\0" * 8][: 1 + max(used, default=-1)]))
