"""Which column of an export is what: names that ServiceNow, Jira and others use, and mappings that people give."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from evaluators.itdata.errors import ExportError
from evaluators.itdata.log import TICKET_COLUMNS

SERVICENOW, JIRA, MAPPED = "ServiceNow", "Jira Service Management", "mapped"
# "at" is the time of a row, "updates" how often the record was changed by then.
FIELDS = (*(name for name in TICKET_COLUMNS if name != "events"), "at", "updates", "sla_breached", "sla_left")
TIME_FIELDS = ("opened_at", "responded_at", "resolved_at", "closed_at", "at")
LABEL_FIELDS = ("state", "priority", "category", "contact_type", "location", "caller", "group", "assigned_to")
COUNT_FIELDS = ("reassignments", "reopens", "updates")

# Commonest first; a name is compared without capitals, blanks, underscores and the like.
_SERVICENOW = {
    "number": ("number",),
    "opened_at": ("opened_at", "opened", "sys_created_on", "sys_created_at"),
    "responded_at": ("first_response_at",),
    "resolved_at": ("resolved_at", "resolved"),
    "closed_at": ("closed_at", "closed"),
    "at": ("sys_updated_at", "sys_updated_on", "updated"),
    "updates": ("sys_mod_count", "updates"),
    "state": ("incident_state", "state"),
    "priority": ("priority",),
    "category": ("category",),
    "contact_type": ("contact_type", "channel"),
    "location": ("location",),
    "caller": ("caller_id", "caller"),
    "group": ("assignment_group",),
    "assigned_to": ("assigned_to",),
    "reassignments": ("reassignment_count",),
    "reopens": ("reopen_count",),
    "sla_met": ("made_sla",),
}
_JIRA = {
    "number": ("issue_key",),
    "opened_at": ("created",),
    "resolved_at": ("resolved",),
    "at": ("updated",),
    "state": ("status",),
    "priority": ("priority",),
    "category": ("request_type", "customer_request_type", "issue_type"),
    "contact_type": ("request_channel", "channel"),
    "location": ("location",),
    "caller": ("reporter",),
    "group": ("assignment_group", "assigned_group", "support_group", "team"),
    "assigned_to": ("assignee",),
    "responded_at": ("first_response_at", "time_to_first_response"),
    "sla_left": ("time_to_resolution",),
}
_OTHERS = {
    "number": (
        *("ticket_id", "ticket_number", "ticket_no", "ticket", "incident_id", "incident_number", "case_number"),
        *("id", "#"),
    ),
    "opened_at": ("created_at", "created", "created_on", "open_date", "date_opened", "opened_on", "created_time"),
    "responded_at": ("first_response", "responded_at", "responded", "first_responded_at", "first_response_at"),
    "resolved_at": ("resolved_on", "resolution_date", "date_resolved", "solved_at", "resolved_time"),
    "closed_at": ("closed_on", "close_date", "date_closed", "closed_time", "close_at"),
    "at": ("updated_at", "updated_on", "last_updated", "last_updated_time", "event_time", "timestamp"),
    "state": ("status",),
    "contact_type": ("source", "via"),
    "location": ("site",),
    "caller": ("requester", "requester_name", "opened_for", "requested_for", "customer"),
    "group": ("group", "support_group", "team"),
    "assigned_to": ("assignee", "agent", "owner"),
    "reopens": ("reopens",),
    "sla_met": ("sla_met", "met_sla", "resolution_status"),
    "sla_breached": ("sla_breached", "has_breached", "breached", "breached_sla", "sla_violated"),
}
# German, French and Spanish.
_ABROAD = {
    "number": ("nummer", "ticketnummer", "numéro", "número"),
    "opened_at": ("geöffnet", "erstellt", "erstellt am", "ouvert", "créé", "abierto", "creado"),
    "resolved_at": ("gelöst", "gelöst am", "résolu", "resuelto"),
    "closed_at": ("geschlossen", "geschlossen am", "fermé", "cerrado"),
    "at": ("aktualisiert", "mis à jour", "actualizado"),
    "state": ("état", "estado"),
    "priority": ("priorität", "priorité", "prioridad"),
    "category": ("kategorie", "catégorie", "categoría"),
    "contact_type": ("kontaktart", "type de contact", "tipo de contacto"),
    "location": ("standort", "emplacement", "ubicación"),
    "caller": ("anrufer", "melder", "appelant", "solicitante"),
    "group": (
        "zuweisungsgruppe",
        "groupe d'affectation",
        "groupe d\N{RIGHT SINGLE QUOTATION MARK}affectation",
        "grupo de asignación",
    ),
    "assigned_to": ("zugewiesen an", "bearbeiter", "affecté à", "asignado a"),
}
# Columns of people that no measure reads, and that must not stand in the place of a label.
_PEOPLE = {
    *("user", "users", "person", "people", "employee", "employees", "email", "mail", "caller", "requester", "reporter"),
    *("submitter", "creator", "watchers", "resolver", "technician", "agent", "owner", "assignee"),
    *("by", "von", "par", "por"),
}
_SAID = {
    "sla_left": "the time left of the agreed time",
    "sla_met": "whether the agreed time was met",
    "sla_breached": "whether the agreed time was missed",
    "at": "when a row was written",
    "updates": "how often a ticket was changed",
}


def holds_people(column: str) -> bool:
    """Say whether a column, by its name, holds people: "Resolved by", "Requester email", "Assigned to".

    Examples
    --------
    >>> [holds_people(name) for name in ("resolved_by", "Requester email", "Zugewiesen an", "Agent group")]
    [True, True, True, False]
    """
    found, _ = match_columns([column], None, [], partly=True)
    words = _plain(column).removesuffix(" name").split()
    return bool({"caller", "assigned_to"} & set(found) or _PEOPLE & set(words[-1:]))


def match_columns(
    names: Sequence[str], mapping: Mapping[str, str | None] | None, notes: list[str], *, partly: bool = False
) -> tuple[dict[str, str], str]:
    """Say which column of a file holds what, and which program's export it looks like.

    Parameters
    ----------
    names : sequence of str
        The columns of the file.
    mapping : mapping of str to str, optional
        Our name -> column; None as column leaves our name out. It goes before what names tell.
    notes : list of str
        Receives a sentence where two columns of one name had to be left out.
    partly : bool
        Do not mind if no column holds numbers or times of opening.

    Returns
    -------
    tuple of (dict of str to str, str)
        Field -> column, and ``"ServiceNow"``, ``"Jira Service Management"`` or ``"mapped"``.

    Raises
    ------
    ExportError
        If the mapping names what is not there, or no column holds numbers or times of opening.
    """
    given = _checked(names, mapping or {})
    by_name: dict[str, list[str]] = defaultdict(list)
    twins: dict[str, list[str]] = defaultdict(list)
    for name in names:
        by_name[_plain(name)].append(name)
        if numbered := re.fullmatch(r"(.*) \(\d+\)", name):
            twins[_plain(numbered[1])].append(name)
    kind = MAPPED
    if by_name.get("issue key"):
        kind = JIRA
    elif by_name.get("number") and sum(_plain(each[0]) in by_name for each in _SERVICENOW.values()) + sum(
        word in by_name for word in ("opened", "resolved", "caller", "state", "made sla")
    ) >= 3:  # fmt: skip
        kind = SERVICENOW
    known = [_JIRA if kind == JIRA else _SERVICENOW, _OTHERS, _ABROAD]
    found = {field: column for field, column in given.items() if column is not None}
    for field in FIELDS:
        if field in given:
            continue
        for alias in (_plain(alias) for each in known for alias in each.get(field, ())):
            columns = [name for name in by_name.get(alias, ()) if name not in found.values()]
            if columns:
                found[field] = columns[0]
                break
            if len(twins.get(alias, ())) > 1 and not set(twins[alias]) & set(found.values()):
                _refuse_or_note(field, twins[alias], notes, partly=partly)
    for field, what in (("number", "a ticket's number"), ("opened_at", "when a ticket was opened")):
        if field not in found and not partly:
            raise ExportError(
                f"No column says {what}.",
                f"The columns are: {_listed(names)}. Say which one it is.",
                f"mapping[{field}]",
            )
    return found, kind


def _plain(name: str) -> str:
    """Return a name without capitals, signs between words, and what reports put around it."""
    text = name.strip().casefold()
    if custom := re.fullmatch(r"custom field \((.*)\)", text):
        text = custom[1]
    text = re.sub(r"^(dv_|inc_|incident\.)|(\.name|\.display_value|\.value)$", "", text)
    return " ".join(re.split(r"[\s_\-/]+", text)).strip()


def _checked(names: Sequence[str], mapping: Mapping[str, str | None]) -> dict[str, str | None]:
    checked: dict[str, str | None] = {}
    for field, column in mapping.items():
        if field not in FIELDS:
            near = get_close_matches(field, FIELDS, n=1)
            meant = f"Did you mean {near[0]!r}? " if near else ""
            raise ExportError(
                f"A mapping cannot fill {field!r}.", f"{meant}It can fill: {', '.join(FIELDS)}.", "mapping"
            )
        if column is not None and column not in names:
            same = [name for name in names if name.strip().casefold() == column.strip().casefold()]
            if len(same) != 1:
                near = get_close_matches(column, names, n=1)
                meant = f"Did you mean {near[0]!r}? " if near else ""
                raise ExportError(
                    f"The file has no column {column!r}.",
                    f"{meant}Its columns are: {_listed(names)}.",
                    f"mapping[{field}]",
                )
            column = same[0]
        checked[field] = column
    return checked


def _refuse_or_note(field: str, columns: Sequence[str], notes: list[str], *, partly: bool) -> None:
    listed = ", ".join(repr(each) for each in columns)
    if field in ("number", "opened_at") and not partly:
        raise ExportError(f"Several columns could be {field}: {listed}.", "Say which one it is.", f"mapping[{field}]")
    said = f"{_SAID[field]} ({field})" if field in _SAID else field
    notes.append(f"Several columns could hold {said}, and none was taken: {listed}. A mapping can say which.")


def _listed(names: Sequence[str]) -> str:
    shown = [name if len(name) <= 40 else f"{name[:39]}…" for name in names[:40]]
    return ", ".join(repr(name) for name in shown) + (f" and {len(names) - 40} more" if len(names) > 40 else "")
