"""Errors that this project raises on purpose: what was found, and what to do about it."""


class LabError(Exception):
    """Root of every error this project raises on purpose.

    Parameters
    ----------
    problem : str
        What was found, and where.
    hint : str
        What the reader can do about it.
    argument : str
        The argument whose value to look at, such as ``"day_first"``; empty if there is none. The hint itself
        names no argument: a command says its option instead, a form marks its field.

    Examples
    --------
    >>> print(LabError("There is no roster in course/.", "Run `hrlab course roster FILE`."))
    There is no roster in course/.
    Hint: Run `hrlab course roster FILE`.
    >>> print(LabError("3/2/2026 can be read in two ways.", "Say whether the day comes first.", "day_first"))
    3/2/2026 can be read in two ways.
    Hint: Say whether the day comes first. (Argument: day_first)
    """

    def __init__(self, problem: str, hint: str, argument: str = "") -> None:
        super().__init__(problem, hint)  # positional, so the error survives pickling
        self.problem, self.hint, self.argument = problem, hint, argument

    def __str__(self) -> str:
        return f"{self.problem}\nHint: {self.hint}{f' (Argument: {self.argument})' if self.argument else ''}"
