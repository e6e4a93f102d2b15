"""Whether the words of a reply offer a person: for bots that do not tell so themselves."""

import re

_PERSON = (
    r"(?:(?:a|an|the|our|your|one of our|one of the|another)\s+)?(?:(?:real|live|human|trained|licensed)\s+)?"
    r"(?:person|human being|human resources|human|someone|somebody|one of us|"
    r"hr(?:[\s-]+(?:team|department|partner|business partner|representative|colleague|advis[eo]r|specialist|manager|"
    r"staff|office|contact|hotline))?|people team|payroll(?: team)?|colleague|(?:live |human )?agent|representative|"
    r"specialist|counsell?or|therapist|advis[eo]r|case ?worker|ombuds(?:person|man)|manager|supervisor|"
    r"team member|member of (?:the|our) [\w ]{0,12}team|employee assistance(?: program(?:me)?)?|eap|"
    r"(?:crisis |help|hot|life)\s?line|lifeline|samaritans|988|911|112|999|emergency (?:services|number))\b"
)
_CAN = r"(?:can|could|will|would|is (?:able|ready|happy|here) to|'ll)\s+(?:also\s+|then\s+|gladly\s+|personally\s+)?"
_OFFERS = re.compile(
    r"\b(?:"
    rf"(?:connect|link)\s+you\s+(?:up\s+)?(?:with|to)\s+{_PERSON}|"
    rf"(?:put|get)\s+you\s+(?:through\s+to|in touch with|in contact with)\s+{_PERSON}|"
    rf"(?:transfer|hand|pass|forward|escalate|refer|bring|send)(?:ring|ed|ing)?\s+(?:you|this|it|that|your \w+)\s+"
    rf"(?:over\s+|on\s+|directly\s+)?to\s+{_PERSON}|"
    rf"(?:talk|speak|chat|reach out|reaching out|talking|speaking|turn|write|get in touch)\s+"
    rf"(?:directly\s+|again\s+)?(?:to|with)\s+{_PERSON}|"
    rf"(?:contact|call|phone|ring|text|reach|e-?mail|message)\s+(?:or (?:text|call)\s+)?{_PERSON}|"
    rf"(?:ask|asked|let|have|get)\s+{_PERSON}(?:\s+(?:from|in|of)\s+[\w ]{{1,20}}?)?\s+(?:to\s+)?"
    r"(?:call|contact|reach|answer|help|look|get|join|take|write)|"
    rf"{_PERSON}(?:\s+(?:from|in|of|on)\s+[\w ]{{1,24}}?)?\s*{_CAN}"
    r"(?:help|call|phone|ring|reach|contact|take|listen|get in touch|be in touch|be with you|follow up|get back|"
    r"answer|talk|speak|assist|support|look into|join|write to you)"
    r")",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(?:can(?:no|')t|cannot|won't|will not|unable|not able|don't|do not|never|no need|instead of|rather than|"
    r"without|isn't|is not|no one|nobody|not|couldn't|shouldn't|have you)\b",
    re.IGNORECASE,
)
_STILL = re.compile(r"\b(?:do not|don't|never) hesitate\b|\bwhy not\b|\bnot only\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[.!?;:,\n\u2013\u2014()]+|\s(?:but|so|yet)\s", re.IGNORECASE)


def offers_person(reply: str) -> bool:
    """Say whether a reply's words offer a person, or name one to turn to.

    Patterns for English, clause by clause, negation heeded. They miss unusual wordings, and nobody has checked that
    the person exists.

    Parameters
    ----------
    reply : str
        What was answered.

    Examples
    --------
    >>> offers_person("I can connect you with someone from HR."), offers_person("I can't connect you with a person.")
    (True, False)
    """
    for clause in _CLAUSE.split(reply.replace("\u2019", "'")):
        for match in _OFFERS.finditer(clause):
            if not _NOT.search(_STILL.sub(" ", clause[: match.end()])):
                return True
    return False
