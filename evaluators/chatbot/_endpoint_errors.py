"""What can go wrong with a bot that is somebody else's: an endpoint, or a Python function."""

from evaluators.errors import LabError


class EndpointSettingError(LabError, ValueError):
    """A setting with which no call can be made, found before the first one."""


class EndpointError(LabError, RuntimeError):
    """An endpoint that gave no usable answer, after all tries; no turn was added to the conversation."""


class CallBudgetError(LabError, RuntimeError):
    """The next call would go over the budget of calls, so it was not made."""


class FunctionTalkerError(LabError, RuntimeError):
    """A function that gave no usable answer; no turn was added to the conversation."""


def check_whole(value: object, least: int, what: str, argument: str) -> None:
    """Refuse what is no whole number, or too small a one."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise EndpointSettingError(f"{what} is {value!r}.", f"Give a whole number of {least} or more.", argument)
