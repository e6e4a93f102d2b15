"""What a résumé round says at its end: one's place among the panel, in words first and figures second."""

from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators.errors import LabError
from evaluators.widgets._resume_desk import FACTS, STEPS, ResumeDesk, shown_card

if TYPE_CHECKING:
    from evaluators.judgement.raters.placing import PanelPlace, Parting

FEWEST = 10
YOU = "you"
_NAMES = "names that signal "
# How cues are called in a sentence.
_WORDS = {
    "skills_matched": "matching skills",
    "years_experience": "years of experience",
    "projects": "projects",
    "degree": "degree",
    "well_known_school": "famous university",
    "employers": "employers",
    "gap_years": "years out of work",
}
_LIMITS = (
    "<strong>What this does not prove.</strong> The twelve recruiters of this panel are formulas: no person rated "
    "these résumés, and no figure here is a finding about recruiters. Agreement shows that two read alike, not that "
    "either is right or fair. What your ratings go with is not what you thought. With other résumés, your place on "
    "the map could be another: look at the dashed line around the star."
)


def results_html(desk: ResumeDesk) -> str:
    """Return one's place among the panel.

    Parameters
    ----------
    desk : ResumeDesk
        The round.

    Returns
    -------
    str
        HTML; everything that people wrote is escaped.
    """
    mine = desk.ratings()
    if len(mine) < FEWEST:
        return f"<p>You have rated {len(mine)} of {len(desk.ids)} résumés. Rate at least {FEWEST} to compare.</p>"
    lead = f"<p>You rated {len(mine)} of {len(desk.ids)} résumés. Your code is <strong>{escape(desk.rater)}</strong>."
    if not desk.has_panel:
        return f"{lead} No panel rated these résumés, so there is nothing to compare with. Save your ratings below.</p>"
    if mine["overall"].nunique() == 1:
        return f"{lead} You gave the same step throughout, so nothing can be compared: use more of the scale.</p>"
    try:
        place = placed(mine)
    except LabError as error:
        return f"{lead}</p><p>{escape(error.problem)} {escape(error.hint)}</p>"
    parts = [
        f"{lead}</p>",
        *_titled("How far you go with the panel", [place.agreement_words(), place.severity_words()]),
        *_titled("What counts for you", [place.counting_words()]),
        *_map(place),
        *_partings(desk, place),
        *_names(place),
        f'<p class="hr-rr-limits">{_LIMITS}</p>',
    ]
    return "".join(parts)


def placed(mine: pd.DataFrame) -> "PanelPlace":
    """Place one's ratings among the recruiters of `load_recruiter_panel`."""
    from evaluators.data import load_recruiter_panel
    from evaluators.judgement import Cues, Panel
    from evaluators.judgement.raters.placing import place_among_panel

    resumes, ratings = load_recruiter_panel("resumes"), load_recruiter_panel("ratings")
    own = mine.assign(recruiter=YOU)
    columns = ["resume_id", "recruiter", "overall"]
    panel = Panel.from_table(
        pd.concat([ratings[columns], own[columns]], ignore_index=True),
        item="resume_id",
        rater="recruiter",
        rating="overall",
        levels=range(STEPS[0], STEPS[1] + 1),
    )
    cues = Cues.from_table(resumes.assign(degree=resumes["degree"].cat.codes), item="resume_id", cues=list(FACTS))
    signals = dict(zip(resumes["resume_id"], _NAMES + resumes["name_race"].astype(str), strict=True))
    return place_among_panel(
        panel, cues, rater=YOU, labels=signals, reference=f"{_NAMES}White", words=_WORDS, things="résumés"
    )  # fmt: skip


def _titled(title: str, sentences: list[str]) -> list[str]:
    return [f'<h3 class="hr-rr-title">{title}</h3>', *(f"<p>{escape(each)}</p>" for each in sentences if each)]


def _map(place: "PanelPlace") -> list[str]:
    from evaluators.reports.charts import chart_html

    words = place.place_words()
    figures = "".join(f"<li>{escape(each)}</li>" for each in place.place_figures())
    return [
        *_titled("Your place on the map", words),
        chart_html(place.chart(), alt=f"Map of the panel with your star. {' '.join(words)}"),
        f"<details><summary>The figures behind your place</summary><ul>{figures}</ul></details>",
    ]


def _partings(desk: ResumeDesk, place: "PanelPlace") -> list[str]:
    if not place.partings:
        return _titled(
            "Where you and the panel part", ["Nowhere by a whole point, once it is allowed for who is stricter."]
        )
    rows = {str(row["resume_id"]): row for row in desk.cards.to_dict("records")}
    items = [_parting(each, shown_card(rows[each.item])) for each in place.partings]
    return [
        '<h3 class="hr-rr-title">Where you and the panel part most</h3>',
        '<ul class="hr-rr-far">',
        *items,
        "</ul>",
        "<p>Neither side is right by this. Ask yourself what you saw, and what they may have seen.</p>",
    ]


def _parting(each: "Parting", card: dict[str, Any]) -> str:
    told = "; ".join(f"{label.lower()}: {value}" for label, value in card["facts"])
    groups = "".join(f" Group {name}: {mean:.1f}." for name, mean in each.groups)
    way = "higher" if each.gap > 0 else "lower"
    return (
        f"<li><strong>{escape(str(card['name']))}: you {each.own:g}, the panel {each.panel:.1f}</strong>"
        f"<p>You put this résumé {abs(each.gap):.1f} points {way}, once it is allowed for who is stricter. "
        f"{each.n_raters} of the panel rated it, from {each.lowest:g} to {each.highest:g}.{groups}</p>"
        f"<blockquote>{escape(told)}</blockquote></li>"
    )


def _names(place: "PanelPlace") -> list[str]:
    words = [
        "In the study that these first names come from, some signal that a person is Black, others that they are "
        "White. Here they were dealt by chance, so they say nothing about anything else on the card."
    ]
    return _titled("Names", [*words, *(place.alike_words() or place.notes)])
