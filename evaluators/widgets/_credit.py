"""Feedback on one scored answer, as nbgrader's feedback page shows it."""

from html import escape

from evaluators.answers import Credit, Item, answer_text
from evaluators.answers.items import is_blank
from evaluators.answers.mime import CREDIT_MIME
from evaluators.widgets._display import show

# Sign, word, ink, paper: the verdict never rests on colour alone.
_LOOKS = {
    "right": ("✓", "Right", "#0b5d33", "#e7f5ec"),
    "partly": ("◐", "Partly right", "#6b4700", "#fdf3dc"),
    "wrong": ("✗", "Not right", "#8a1c14", "#fdeceb"),
    "unanswered": ("–", "Not answered", "#3d4650", "#eef0f2"),
}


def show_credit(item: Item, value: object, result: Credit, explanations: list[str]) -> float:
    """Show what an answer earned and why.

    Parameters
    ----------
    item : Item
        The question.
    value : object
        The answer.
    result : Credit
        What it earns.
    explanations : list of str
        Sentences after the verdict; empty ones are left out.

    Returns
    -------
    float
        Points, rounded to 4 decimals and never above the item's points.
    """
    earned = min(round(float(item.points) * result.share, 4), float(item.points))
    sign, word, ink, paper = _LOOKS[result.verdict]
    message = " ".join(text for text in (result.reason, *explanations) if text)
    answer = answer_text(item, value)
    score = f"{earned:g} of {item.points:g} {'point' if item.points == 1 else 'points'}"
    box = f"max-width:46rem;padding:.75em 1em;border-left:5px solid {ink};border-radius:8px"
    colours = f"background:{paper};color:{ink}"
    typed = f'<p style="margin:.4em 0 0;white-space:pre-wrap">Your answer: {escape(answer or "none")}</p>'
    html = (
        f'<div class="hrlab-credit" style="{box};{colours}">'
        f'<p style="margin:0"><strong><span aria-hidden="true">{sign}</span> {word}</strong> · {score}</p>'
        f"{'' if item.kind == 'code' else typed}"
        f'<p style="margin:.4em 0 0">{escape(message)}</p></div>'
    )
    report = {
        "item": item.id,
        "competency": item.competency,
        "points": float(item.points),
        "earned": earned,
        "share": float(result.share),
        "answer": answer,
        "answered": not is_blank(value),
        "verdict": result.verdict,
        "message": message,
    }
    show(html, f"{word}: {score}. {message}", **{CREDIT_MIME: report})
    return earned
