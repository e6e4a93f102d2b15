"""What takes words back or makes them harmless: "I wish I could say", "sorry? No.", laughter, "if you need to"."""

import re

from evaluators.tone._text import Text

TAKEN_BACK = "taken back in the same breath"
# Kind words do not count behind these, nor before those: they are refused, pretended or laughed at.
_BEFORE = re.compile(
    r"(?:(?:^\W*|[,;] )as (?:if|though)|\b(?:anything but|far from|(?:i|we) (?:highly )?doubt"
    r"|(?:i|we) wish (?:i|we) (?:could|was|were)|(?:i'd|i would|i'll|i'm) (?:be )?lying|(?:i'd|i would) have to"
    r"|if (?:i|we) (?:was|were)(?! (?:you|in)\b)|(?:i|we) should(?= (?:be|say|feel))"
    r"|(?:should|must|shall|do) i (?:have to |need to )?(?:say|be|feel|write)|am i supposed to"
    r"|where i (?:have to )?(?:say|write|tell)|pretend\w* (?:to|that|i)|(?:you|they) (?:expect|want|need) (?:me|us) to"
    r"|not (?:true|that|saying)|no longer))\b[^.!?\n]*$"
)
_AFTER = re.compile(
    r"[^.!\n]{0,60}?(?:,? but (?:i'm|i am|we're|we are) not\b|\bsaid (?:no one|nobody)\b|\?\s*(?:no|nope|hardly"
    r"|as if)\b"
    r"|,? (?:not|as if)\W*(?:[.!]|$|\n))|[^.!?\n]{0,60}[.!]\s+(?:not|as if|no,? (?:i'm|we're) not)\W*(?:$|\n)"
)
_LAUGHS = re.compile(
    r"\b(?:lol|lmao|rofl|ha(?:ha)+h?|he(?:he)+)\b|(?<!\w)/s(?!\w)|[\U0001f644\U0001f602\U0001f923\U0001f60f]"
)
_ONLY_LAUGHS = re.compile(
    r"\W*(?:lol|lmao|rofl|ha(?:ha)+h?|he(?:he)+|/s|[\U0001f644\U0001f602\U0001f923\U0001f60f])\W*"
)
# "I don't think that you are too sensitive" denies what stands further on.
_NOT_MEANT = re.compile(
    r"\b(?:don't|do not|doesn't|didn't|can't|cannot|can not|won't|never|wouldn't) (?:really |ever )?"
    r"(?:think|believe|feel|say|mean|see|promise|guarantee|claim|suggest|find)\b[^.!?;,\n]*$"
)
_CONDITION = re.compile(
    r"\b(?:if|when|whenever|whatever|what|anything|everything|all|until|before|unless|once|things?)\W$"
)
_EXCUSED_BEFORE = {
    "mockery": re.compile(r"\byou $"),  # "you poor thing" is meant kindly
    "order": _CONDITION,
    "directive": _CONDITION,
    "advice nobody asked for": _CONDITION,
    "hard word": re.compile(r"\b(?:no|not a) $"),
    "doubts the person": re.compile(r"\b(?:not|isn't|aren't|wasn't) (?:being |at all )?$"),
}
_EXCUSED_AFTER = {
    "mockery": re.compile(r"[,!.…]* (?:he|she|they|him|her|them)\b"),  # "poor thing, he must be miserable"
    "tells how to feel": re.compile(
        r" (?:at all )?about (?:the |any |your |this |that |a )?(?:forms?|paperwork|work|deadlines?|e-?mails?"
        r"|shifts?|rota"
        r"|inbox|team|cover|report|costs?|bill|date|steps?|certificate|details|doing|filling|sending|finding)\b"
    ),
    # "write what you saw" asks for their story
    "tells what to do": re.compile(r" (?:me |here |down )?(?:what|how|who|when|which|to me|me|back|as much)\b"),
    "blunt start": re.compile(r" done\b"),
    "order": re.compile(r" (?:be|feel|have (?:been|felt|had)|miss)\b"),
    # the phrase ends with "get": "you should get the letter", but not "you should get help"
    "advice nobody asked for": re.compile(
        r"(?<=should get) (?:your|the|it|a (?:letter|mail|call|message))\b|(?<=should have) (?:your|the|it)\b"
    ),
    "directive": re.compile(
        r" (?:be|feel|miss|have (?:been|felt|had)|(?:have|get|receive|hear|see) (?:your|the|it|a|from|back))\b"
    ),
}


def taken_back(text: Text, start: int, end: int) -> str:
    """Return why kind words at a place of the folded text do not count, such as ``"taken back"``; empty if they do."""
    if not text.sentences:
        return ""
    number = max(text.sentence_at(start), 0)
    begin, stop = text.sentences[number]
    before, after = text.folded[begin:start], text.folded[end : max(stop, end) + 80]
    if _BEFORE.search(before) or _AFTER.match(after):
        return TAKEN_BACK
    following = text.sentences[number + 1] if number + 1 < len(text.sentences) else (stop, len(text.folded))
    if _LAUGHS.search(text.folded, begin, stop) or _ONLY_LAUGHS.fullmatch(text.folded[slice(*following)]):
        return "said with a laugh"
    return ""


def denied(text: Text, start: int) -> bool:
    """Say whether a place of the folded text stands behind "I don't think that" or "I can't promise that"."""
    begin = text.sentences[max(text.sentence_at(start), 0)][0] if text.sentences else 0
    return bool(_NOT_MEANT.search(text.folded, begin, start))


def excused(text: Text, start: int, end: int, name: str) -> bool:
    """Say whether the words around a phrase of a cue make it harmless: "if you need to", "you must be tired"."""
    before, after = _EXCUSED_BEFORE.get(name), _EXCUSED_AFTER.get(name)
    return bool(
        (before and before.search(text.folded[max(0, start - 24) : start])) or (after and after.match(text.folded, end))
    )
