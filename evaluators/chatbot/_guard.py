"""Answers in place of somebody else's bot, where a message may be about danger to life or about harassment."""

from dataclasses import dataclass

from evaluators.chatbot._offers import offers_person
from evaluators.chatbot.turn import Talk, Talker

PERSON = "a person from the HR team"
CRISIS_RESOURCE = (
    "In the US call or text 988, elsewhere call your local crisis line. If you are in danger, call the emergency "
    "number."
)
# Our own words; nobody with that duty has approved them. They claim nothing that a connector cannot do.
_ANSWERS = {
    "crisis": "I'm glad that you wrote this. I am a program, and you deserve a person now. {resource} {person} can "
    "listen, too. You can keep writing here. Are you safe at this moment?",
    "harassment": "I'm sorry that this is happening to you. I am a program. {person} can listen to you and say what "
    "can be done. I can't promise secrecy, and nobody may punish you for speaking.",
}


_AGAIN = (
    "Thank you for telling me. {person} can listen to you, and you can keep writing here. If you are not safe: "
    "{resource}"
)


@dataclass(frozen=True, slots=True)
class Guard:
    """Who answers instead: a bot of one's own, or our short text.

    Attributes
    ----------
    talker : Talker or None
        A bot that answers; None for our text.
    person, crisis_resource : str
        Who is named in our text.
    """

    talker: Talker | None = None
    person: str = PERSON
    crisis_resource: str = CRISIS_RESOURCE

    def answer(self, kind: str, text: str, talk: Talk | None) -> str:
        """Return what is answered; it always offers a person.

        Parameters
        ----------
        kind : str
            One of `GATE`.
        text : str
            The message.
        talk : Talk or None
            The conversation with `talker`, if there is one.
        """
        ours = self._filled(_ANSWERS[kind])
        if talk is None:
            return ours
        turn = talk.say(text)
        if kind in turn.sensitive and (turn.offered_person or offers_person(turn.reply)):
            return turn.reply
        return ours  # a bot that does not see what was found here would answer as if nothing were

    def answer_again(self, text: str, talk: Talk | None) -> str:
        """Return what is answered to a yes or no on a question of the guard's; it always offers a person.

        Parameters
        ----------
        text : str
            The message.
        talk : Talk or None
            The conversation with `talker`, if there is one.
        """
        ours = self._filled(_AGAIN)
        if talk is None:
            return ours
        turn = talk.say(text)
        return turn.reply if turn.offered_person or offers_person(turn.reply) else ours

    def _filled(self, text: str) -> str:
        person = self.person[:1].upper() + self.person[1:]
        return text.replace("{resource}", self.crisis_resource).replace("{person}", person)
