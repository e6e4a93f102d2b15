"""What crosses between the two sessions besides plain data: the learner's objects, seen from the trusted side.

A value of `autograder.transfer`'s closed set crosses as a copy. Anything else stays where it is and crosses as a
handle: a function, an estimator or an object of a learner's own class appears in the trusted session as a proxy, and
what is done with the proxy is done in the learner's session. Nothing that the learner's session answers is ever code.

An object can lie: about what it equals, about its score. So whatever hands a trusted value to learner's code (a call
with arguments, an operator, ``==``) is allowed only where the instructor's own solution needed the same in the same
test cell (`Peer.allowed`). Reading data from an object is always allowed: data is judged by the test.
"""

from __future__ import annotations

import builtins
import copy
import inspect
import operator
import random
import sys
import types
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any

from IPython.core.async_helpers import get_asyncio_loop

from autograder.transfer import TransferError, pack, unpack

MISSING = object()
_TYPES = {
    kind.__name__: kind
    for kind in (
        bool,
        int,
        float,
        complex,
        str,
        bytes,
        bytearray,
        list,
        tuple,
        dict,
        set,
        frozenset,
        object,
        type(None),
    )
}
_ERRORS = {
    name: value
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, Exception) and not name.startswith("_")
}
_ORDER = ("lt", "le", "gt", "ge")
_BINARY = (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift"),
    *_ORDER,
)
_IN_PLACE = (list, dict, set, bytearray)
_RESULTS = {"call": "()", "getitem": "[]", "next": "[]"}  # what is found there is called by how it was found
_MOST_WARNINGS = 100


class ValueCannotCross(TypeError):  # noqa: N818 - learners read this name
    """A test wants to do something with a learner's object that could let the object decide the score."""


class LearnerCodeStopped(RuntimeError):  # noqa: N818 - learners read this name
    """The learner's session ended or was stopped while a test needed it."""


class Peer:
    """One end of the link between two sessions: packs, unpacks, and remembers who owns what.

    Parameters
    ----------
    ask : callable
        Sends (operation, body) to the other end and returns the body of the answer.
    trusted : bool
        Whether this is the trusted session.
    """

    def __init__(self, ask: Callable[[str, bytes], bytes], *, trusted: bool) -> None:
        self._ask = ask
        self.trusted = trusted
        self._mine: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}  # id() of an object in _mine -> its number
        self._theirs: dict[tuple[int, str], Any] = {}  # (number, what it is called) -> its stand-in here
        self._label = ""  # what the value that is being unpacked is called
        self.allowed: Collection[str] | None = ()  # None: this is the instructor's solution, whatever it needs is noted
        self.used: set[str] = set()
        self.mutable: Collection[str] = ()  # "function 0": arguments that the instructor's solution changes in place
        self.hints: set[str] = set()
        self.rebound: Callable[[], dict[str, Any]] = dict  # what the trusted side has rebound since the last call

    # --- packing and unpacking -----------------------------------------------------------------------------------

    def pack(self, value: Any) -> bytes:
        """Pack a value; objects outside the closed set become handles."""
        return pack(value, describe=self._describe)

    def unpack(self, data: bytes, label: str = "") -> Any:
        """Unpack a value; a handle becomes a proxy called `label`, handles inside a value ones called `label[]`."""
        before, self._label = self._label, f"{label}[]"
        try:
            return self._called(unpack(data, resolve=self._resolve), label)
        finally:
            self._label = before

    def _called(self, value: Any, label: str) -> Any:
        """Give a proxy another name: what may be done with it depends on where it was found."""
        if not issubclass(type(value), Remote):
            return value
        number, facts = value._hrlab_number, value._hrlab_facts
        return self._theirs.setdefault((number, label), type(value)(self, number, facts, label))

    def mine(self, number: Any) -> Any:
        """Return the object of this side that has a number."""
        try:
            return self._mine[number]
        except (KeyError, TypeError):
            raise TransferError("A handle names no object.", "This is not how a session answers.") from None

    def _describe(self, value: Any) -> dict[str, Any]:
        kind: type = type(value)
        if issubclass(kind, Remote | Callback):
            return {"yours": object.__getattribute__(value, "_hrlab_number")}
        if kind is type and _named(_TYPES, value):
            return {"type": value.__name__}
        if issubclass(kind, type) and (known := vars(value).get("_hrlab_number")) is not None and self.trusted:
            return {"yours": known}
        if issubclass(kind, type) and _named(_ERRORS, value):
            return {"error": value.__name__}
        if kind is types.ModuleType:
            raise TransferError("A module cannot cross.", "Use values, functions or objects.")
        if self.trusted:
            if isinstance(value, types.FunctionType | types.BuiltinFunctionType | types.MethodType | partial):
                return {"mine": self._number(value), "kind": "callback"}
            raise TransferError(f"A {kind.__name__} cannot be handed to learner's code.", "Use plain values.")
        try:
            return {"mine": self._number(value), **self._facts(value)}
        except Exception as error:  # whatever a learner's object raises when looked at
            raise TransferError(
                f"An object of type {kind.__name__} cannot be described.", "Use plain values."
            ) from error

    def _number(self, value: Any) -> int:
        number = self._numbers.setdefault(id(value), len(self._mine))
        self._mine[number] = value
        return number

    def _facts(self, value: Any) -> dict[str, Any]:
        """Describe an object of the learner's: what it is, never what it holds."""
        kind = type(value)
        if issubclass(kind, type) and issubclass(value, Exception):
            bases = [self._describe(base) for base in value.__bases__ if issubclass(base, Exception)]
            return {"kind": "exception", "name": str(value.__name__), "bases": bases}
        names = {f"__{name}__": getattr(value, f"__{name}__", None) for name in ("name", "qualname", "doc")}
        facts: dict[str, Any] = {
            "kind": "class" if issubclass(kind, type) else "function" if callable(value) else "object",
            "type": f"{kind.__module__}:{kind.__qualname__}",
            "names": {name: text for name, text in names.items() if isinstance(text, str)},
            "can": [name for name in _SPECIAL if _method(kind, name) is not _method(object, name)],
        }
        if facts["kind"] == "function":
            with suppress(TypeError, ValueError):
                found = inspect.signature(value).parameters.values()
                facts["parameters"] = [[each.name, int(each.kind), each.default is not each.empty] for each in found]
        if hasattr(kind, "fit") and hasattr(kind, "predict"):
            facts["estimator"] = _estimator_type(value)
        return facts

    def _resolve(self, description: Any) -> Any:
        match description:
            case {"yours": number}:
                return self.mine(number)
            case {"type": str(name)} if name in _TYPES:
                return _TYPES[name]
            case {"error": str(name)} if name in _ERRORS:
                return _ERRORS[name]
            case {"mine": int(number)}:
                # An exception class is the same one wherever it is found: `except` asks for it.
                key = number, "" if description.get("kind") == "exception" else self._label
                if key not in self._theirs:
                    self._theirs[key] = self._proxy(number, description)
                return self._theirs[key]
        raise TransferError("A handle is malformed.", "This is not how a session answers.")

    def _proxy(self, number: int, facts: Mapping[str, Any]) -> Any:
        if not self.trusted:
            return Callback(self, number)
        match facts:
            case {"kind": "exception", "name": str(name), "bases": list(bases)}:
                parents = tuple(self._resolve(base) for base in bases[:5])
                if not name.isidentifier() or not all(
                    isinstance(p, type) and issubclass(p, Exception) for p in parents
                ):
                    raise TransferError("An exception class is malformed.", "This is not how a session answers.")
                return type(name, parents or (Exception,), {"_hrlab_number": number, "__module__": "__main__"})
            case {"kind": "class" | "function" | "object" as kind}:
                base = {"class": RemoteClass, "function": RemoteFunction}.get(kind, Remote)
                if kind != "class" and facts.get("estimator") in ("classifier", "regressor"):
                    base = RemoteEstimator
                can = facts.get("can")
                has = frozenset(name for name in can if isinstance(name, str)) if isinstance(can, list) else frozenset()
                return _class_with(base, has.intersection(_SPECIAL))(self, number, facts, self._label)
        raise TransferError("A handle is malformed.", "This is not how a session answers.")

    # --- doing something with an object of the other side ------------------------------------------------------------

    def permitted(self, do: str, label: str) -> bool:
        """Tell whether a test may hand trusted values to an object of the learner's in this way."""
        key = f"{do} {label}"
        if self.allowed is None:
            self.used.add(key)
        return self.allowed is None or key in self.allowed

    def apply(self, do: str, label: str, args: tuple[Any, ...], kwargs: Mapping[str, Any] | None = None) -> Any:
        """Let the learner's session do something with its object (`args[0]`) and return the outcome as a value here.

        Raises
        ------
        ValueCannotCross
            If a value cannot cross.
        Exception
            What the learner's code raised, as the builtin exception or as a stand-in for the learner's own class.
        """
        watched = [
            i for i, value in enumerate(args)
            if i and (type(value) in _IN_PLACE or _is_array(value))
            and (self.allowed is None or f"{label} {i}" in self.mutable)
        ]  # fmt: skip
        result = label + _RESULTS.get(do, f":{do}") if do != "getattr" else label
        try:
            request = {"do": do, "args": list(args), "kwargs": dict(kwargs or {}), "watch": watched}
            body = self.pack({**request, **self.rebound()})
            answer = self.unpack(self._ask("apply", body), result)
        except TransferError as error:
            raise ValueCannotCross(f"{label.strip('.()[]')}: {error.problem}") from None
        for place, value in _pairs(answer, "changed"):
            if place in watched:
                if self.allowed is None:
                    self.used.add(f"changes {label} {place}")
                _replace(args[place], value)
        try:
            return self._called(self._outcome(answer), result)
        except (StopIteration, StopAsyncIteration) as error:
            # It would end the loop of a test that calls the function in one, as all(map(check, cases)) does.
            if do == "next" or self.permitted("stop", label):
                raise
            raise RuntimeError(f"{label.strip('.()[]')} raised {type(error).__name__}.") from None

    def _outcome(self, answer: Any) -> Any:
        if not isinstance(answer, dict):
            raise ValueCannotCross("The learner's session answered something that is no answer.")
        for name, text in _pairs(answer, "printed"):
            (sys.stderr if name == "stderr" else sys.stdout).write(str(text))
        for kind, text in _pairs(answer, "warned"):
            is_warning = isinstance(kind, type) and issubclass(kind, Warning)
            warnings.warn(str(text), kind if is_warning else UserWarning, stacklevel=4)
        match answer:
            case {"gone": str(text)}:
                raise LearnerCodeStopped(text)
            case {"problem": str(text)}:
                raise ValueCannotCross(text[:1000])
            case {"raised": dict(raised)}:
                raise _error(raised)
        return answer.get("value")

    def serve_apply(
        self, body: bytes, rebind: Callable[[Mapping[str, Any]], None], printed: Callable[[], Any]
    ) -> bytes:
        """Do in the learner's session what the trusted one asks for."""
        answer: dict[str, Any] = {}
        try:
            request = self.unpack(body)
            rebind(request)
            args, watched = request["args"], request["watch"]
            before = {i: self.pack(args[i]) for i in watched}
            caught: list[warnings.WarningMessage] = []
            try:
                with warnings.catch_warnings(record=True) as caught:  # the test may count them, or want none
                    answer["value"] = _DO[request["do"]](*args, **request["kwargs"])
            finally:
                answer["warned"] = [[each.category, str(each.message)] for each in caught[:_MOST_WARNINGS]]
                answer["printed"] = printed()
                answer["changed"] = {i: args[i] for i in watched if self.pack(args[i]) != before[i]}
            return self.pack(answer)
        except TransferError as error:
            return self.pack({**_plain(answer), "problem": error.problem})
        except BaseException as error:  # the learner's code may raise anything
            return self.raised(error, _plain(answer))

    def serve_callback(self, body: bytes) -> bytes:
        """Call, in the trusted session, a function that a test handed to learner's code."""
        try:
            request = self.unpack(body)
            function = self.mine(request["number"])
            return self.pack({"value": function(*request["args"], **request["kwargs"])})
        except TransferError as error:
            return self.pack({"problem": error.problem})
        except Exception as error:
            return self.raised(error, {})

    def callback(self, number: int, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Call, from the learner's session, a function that a test handed over."""
        body = self.pack({"number": number, "args": list(args), "kwargs": dict(kwargs)})
        return self._outcome(self.unpack(self._ask("callback", body)))

    def raised(self, error: BaseException, answer: Mapping[str, Any]) -> bytes:
        """Pack an exception as an answer."""
        kind = TimeoutError if isinstance(error, KeyboardInterrupt) else type(error)
        if not issubclass(kind, Exception):
            kind = RuntimeError
        try:
            text = str(error)[:1000] or ("it took too long and was stopped." if kind is TimeoutError else "")
        except Exception:
            text = ""
        raised: dict[str, Any] = {"name": kind.__name__, "text": text, "class": kind}
        for complete in (True, False):
            try:
                return self.pack({**answer, "raised": {**raised, **(_contents(error) if complete else {})}})
            except Exception:
                raised["class"] = next(base for base in kind.__mro__ if _ERRORS.get(base.__name__) is base)
        return self.pack({**answer, "problem": f"The code raised {kind.__name__}."})


def _method(kind: type, name: str) -> Any:
    return next((vars(base)[name] for base in type.mro(kind) if name in vars(base)), None)


def _named(known: Mapping[str, type], value: type) -> bool:
    return known.get(value.__name__) is value


def _contents(error: BaseException) -> dict[str, Any]:
    return {"args": list(error.args), "attributes": dict(vars(error))}


def _estimator_type(value: Any) -> str:
    base = sys.modules.get("sklearn.base")
    return "regressor" if base is None or not base.is_classifier(value) else "classifier"


def _plain(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: answer.get(name, []) for name in ("printed", "warned")}


def _pairs(answer: Any, name: str) -> list[tuple[Any, Any]]:
    """Return the pairs that an answer has under a name; a learner's session may say anything."""
    found = answer.get(name) if isinstance(answer, dict) else None
    pairs = found.items() if isinstance(found, dict) else found if isinstance(found, list) else ()
    return [(pair[0], pair[1]) for pair in pairs if isinstance(pair, list | tuple) and len(pair) == 2]


def _error(raised: Mapping[str, Any]) -> Exception:
    """Make the exception that stands here for one raised in the learner's session."""
    kind, text = raised.get("class"), str(raised.get("text", ""))
    if not (isinstance(kind, type) and issubclass(kind, Exception)):
        kind = RuntimeError
    arguments = raised.get("args")
    try:
        error: Exception = kind(*(arguments if isinstance(arguments, list) else [text]))
    except Exception:
        error = RuntimeError(text)
    for name, value in _pairs(raised, "attributes"):
        if isinstance(name, str) and not name.startswith("_") and not hasattr(Exception, name):
            with suppress(Exception):  # some builtin exceptions keep theirs in C
                setattr(error, name, value)
    error._hrlab_remote = f"{raised.get('name')}: {text}"[:1000]  # type: ignore[attr-defined]
    return error


def _is_array(value: Any) -> bool:
    modules = type(value).__module__.partition(".")[0]
    return modules in ("numpy", "pandas") and type(value).__name__ in ("ndarray", "DataFrame", "Series")


def _replace(value: Any, new: Any) -> None:
    """Give a trusted object the contents that learner's code gave its copy."""
    if type(value) is not type(new):
        return
    if isinstance(value, dict | set):
        value.clear()
        value.update(new)
    elif isinstance(value, list | bytearray):
        value[:] = new
    elif type(value).__name__ == "ndarray":
        if value.shape == new.shape and value.dtype == new.dtype:
            value[...] = new
    else:
        type(value).__init__(value, new)  # a pandas object takes over the other's data


# What can be done with an object of the learner's.
_DO: dict[str, Callable[..., Any]] = {
    "call": lambda function, *args, **kwargs: function(*args, **kwargs),
    "getattr": getattr,
    "setattr": setattr,
    "delattr": delattr,
    "enter": lambda value: value.__enter__(),
    "exit": lambda value: value.__exit__(None, None, None),
    "await": lambda value: get_asyncio_loop().run_until_complete(value),  # type: ignore[no-untyped-call]
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "isinstance": lambda value, kind: isinstance(value, kind),
    "issubclass": lambda value, kind: issubclass(value, kind),
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "delitem": operator.delitem,
    "contains": operator.contains,
    "eq": operator.eq,
    "neg": operator.neg,
    "abs": abs,
    **{function.__name__: function for function in (len, iter, next, bool, str, repr, reversed, round)},
    **{name: getattr(operator, f"__{name}__") for name in _BINARY},
    **{f"r{name}": partial(lambda f, a, b: f(b, a), getattr(operator, f"__{name}__")) for name in _BINARY},
}


class Callback:
    """A function of a test's, in the learner's session."""

    def __init__(self, peer: Peer, number: int) -> None:
        self._peer, self._hrlab_number = peer, number

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it in the trusted session."""
        return self._peer.callback(self._hrlab_number, args, kwargs)


class Remote:
    """An object of the learner's, in the trusted session."""

    __slots__ = ("__weakref__", "_hrlab_facts", "_hrlab_label", "_hrlab_number", "_hrlab_peer")

    def __init__(self, peer: Peer, number: int, facts: Mapping[str, Any], label: str) -> None:
        for name, value in (("peer", peer), ("number", number), ("facts", facts), ("label", label)):
            object.__setattr__(self, f"_hrlab_{name}", value)

    def _hrlab_ask(self, do: str, *args: Any, label: str | None = None) -> Any:
        """Read something from the object; no trusted value is handed over but names and keys."""
        return self._hrlab_peer.apply(do, self._hrlab_label if label is None else label, (self, *args))

    def _hrlab_hand(self, do: str, *args: Any, label: str | None = None, **kwargs: Any) -> Any:
        """Hand trusted values to the object, where the instructor's solution needed that, too."""
        label = self._hrlab_label if label is None else label
        if not self._hrlab_peer.permitted(do, label):
            what = label.strip(".()") or "A value"
            raise ValueCannotCross(
                f"{what} is an object of a class of its own where this check works with values: it needs {do!r} of it, "
                "which the instructor's solution does not."
            )
        return self._hrlab_peer.apply(do, label, (self, *args), kwargs)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """The class that the object says it has, if a library of both sides has it: for isinstance()."""
        module, _, name = str(self._hrlab_facts.get("type")).partition(":")
        if module.partition(".")[0] not in ("builtins", "numpy", "pandas", "__main__"):
            found = getattr(sys.modules.get(module), "__dict__", {}).get(name)
            if isinstance(found, type):
                return found
        return type(self)

    def _hrlab_name(self, name: str) -> str | None:
        names = self._hrlab_facts.get("names")
        found = names.get(name) if isinstance(names, dict) else None
        return found if isinstance(found, str) else None

    def __getattr__(self, name: str) -> Any:
        if name == "__signature__" and "parameters" in self._hrlab_facts:
            return _signature(self._hrlab_facts["parameters"])
        if name in ("__name__", "__qualname__") and (found := self._hrlab_name(name)) is not None:
            return found
        if name.startswith(("__", "_repr_", "_ipython_")):
            raise AttributeError(name)
        return self._hrlab_ask("getattr", name, label=f".{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        self._hrlab_hand("setattr", name, value, label=f".{name}")

    def __delattr__(self, name: str) -> None:
        self._hrlab_hand("delattr", name, label=f".{name}")

    def __str__(self) -> str:
        return _text(self._hrlab_ask("str"))

    def __repr__(self) -> str:
        return _text(self._hrlab_ask("repr"))

    def __copy__(self) -> Any:
        return self._hrlab_ask("copy")

    def __deepcopy__(self, memo: Any) -> Any:
        return self._hrlab_ask("deepcopy")

    def __eq__(self, other: object) -> Any:
        if self is other:
            return True
        if issubclass(type(other), Remote) and other._hrlab_number == self._hrlab_number:  # type: ignore[attr-defined]
            return True
        if issubclass(type(other), Remote) and self._hrlab_peer.permitted("eq", self._hrlab_label):
            return self._hrlab_peer.apply("eq", self._hrlab_label, (self, other)) is True
        if other is not None:
            self._hrlab_peer.hints.add(f"{self._hrlab_label.strip('.()[]')} is an object of a class of its own; a test "
                                       "compared it with a value, and it counts as different.")  # fmt: skip
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self._hrlab_number)


def _len(self: Remote) -> int:
    if type(length := self._hrlab_ask("len")) is not int or length < 0:
        raise ValueCannotCross("A length is no number.")
    return length


def _wait_for(self: Remote) -> Any:
    return self._hrlab_ask("await")
    yield


def _reading(do: str) -> Callable[..., Any]:
    return lambda self, *args: self._hrlab_ask(do, *args)


def _handing(do: str) -> Callable[..., Any]:
    return lambda self, *args: self._hrlab_hand(do, *args)


# The special methods that a proxy has where the learner's object has them: `hasattr`, `isinstance(x, Iterable)`
# and Python's own fall-backs then say of the proxy what they say of the object.
_SPECIAL: dict[str, Callable[..., Any]] = {
    **{f"__{do}__": _reading(do) for do in ("iter", "next", "reversed", "getitem", "enter", "neg", "abs", "round")},
    **{f"__{do}__": _handing(do) for do in ("setitem", "delitem", *_BINARY)},
    **{f"__r{do}__": _handing(f"r{do}") for do in _BINARY if do not in _ORDER},
    "__len__": _len,
    "__bool__": lambda self: self._hrlab_ask("bool") is True,
    "__contains__": lambda self, value: self._hrlab_hand("contains", value) is True,
    "__exit__": lambda self, *exception: self._hrlab_ask("exit"),
    "__await__": _wait_for,
}


@lru_cache(maxsize=1024)
def _class_with(base: type, special: frozenset[str]) -> Any:
    own_words = property(lambda self: self._hrlab_name("__doc__"))
    return type(
        base.__name__,
        (base,),
        {"__slots__": (), "__doc__": own_words, **{name: _SPECIAL[name] for name in sorted(special)}},
    )


class RemoteFunction(Remote):
    """A function of the learner's, or another object that can be called."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it in the learner's session."""
        if not args and not kwargs:
            return self._hrlab_ask("call")
        return self._hrlab_hand("call", *args, **kwargs)


class RemoteClass(RemoteFunction):
    """A class of the learner's."""

    __slots__ = ()

    def __instancecheck__(self, value: Any) -> bool:
        return issubclass(type(value), Remote) and self._hrlab_class("isinstance", value)

    def __subclasscheck__(self, value: Any) -> bool:
        return issubclass(type(value), RemoteClass) and self._hrlab_class("issubclass", value)

    def _hrlab_class(self, do: str, value: Any) -> bool:
        peer, label = self._hrlab_peer, self._hrlab_label
        return peer.permitted(do, label) and peer.apply(do, label, (value, self)) is True


class RemoteEstimator(Remote):
    """A scikit-learn estimator of the learner's: it predicts; what its predictions are worth is computed here."""

    __slots__ = ()

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:  # noqa: N803 - scikit-learn's name
        """Return the accuracy of a classifier or the R² of a regressor on trusted data."""
        from sklearn.metrics import accuracy_score, r2_score

        measure = accuracy_score if self._hrlab_facts.get("estimator") == "classifier" else r2_score
        return float(measure(y, self.predict(X), sample_weight=sample_weight))


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueCannotCross("A text is no text.")
    return value


def _signature(parameters: Iterable[Any]) -> inspect.Signature:
    """Rebuild a signature; defaults are not told."""
    found = [
        inspect.Parameter(name, inspect._ParameterKind(kind), default=... if has_default else inspect.Parameter.empty)
        for name, kind, has_default in parameters
    ]
    return inspect.Signature(found)


def random_state() -> list[Any]:
    """Return the state of Python's and NumPy's global random numbers, as plain values."""
    state: list[Any] = [random.getstate()]
    if "numpy" in sys.modules:
        state.append(sys.modules["numpy"].random.get_state())
    return state


def set_random_state(state: list[Any]) -> None:
    """Take over a state of `random_state`."""
    random.setstate(state[0])
    if len(state) > 1 and "numpy" in sys.modules:
        sys.modules["numpy"].random.set_state(state[1])
