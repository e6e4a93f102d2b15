"""Errors that this project raises on purpose: what was found, and what to do about it."""


class LabError(Exception):
    """Root of every error this project raises on purpose.

    Parameters
    ----------
    problem : str
        What was found, and where.
    hint : str
        What the reader can do about it.

    Examples
    --------
    >>> print(LabError("There is no roster in course/.", "Run `hrlab course roster FILE`."))
    There is no roster in course/.
    Hint: Run `hrlab course roster FILE`.
    """

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem, hint)  # positional, so the error survives pickling
        self.problem, self.hint = problem, hint

    def __str__(self) -> str:
        return f"{self.problem}\nHint: {self.hint}"
