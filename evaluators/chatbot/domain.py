"""A bot's domain as a file that Rasa 3.1 reads, so that changed replies can move to a real platform."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evaluators.chatbot.files import BotFiles

_HEAD = "# Written by hr-it-lab: intents, slots, replies and forms. Put it in the place of the bot's own domain.yml.\n"


def domain_yaml(files: "BotFiles") -> str:
    r"""Return the domain of a bot: intents, entities, slots, actions, forms and replies.

    Parameters
    ----------
    files : BotFiles
        A bot's files, perhaps with replies changed by `Bot.with_replies`.

    Returns
    -------
    str
        YAML. Read in the place of the old domain file, it makes the same bot. Comments of the old file are not kept.

    Examples
    --------
    >>> from evaluators.chatbot import example_bot
    >>> text = domain_yaml(example_bot().with_replies({"utter_thank": "Noted."}).files)
    >>> "  utter_thank:\n    - text: Noted.\n" in text
    True
    """
    import yaml  # type: ignore[import-untyped, unused-ignore]

    class Indented(yaml.SafeDumper):
        """Lists stand further in than the key above them, as people write them."""

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, False)

        def ignore_aliases(self, data: Any) -> bool:
            return True

    mapped = (mapping.entity for slot in files.slots.values() for mapping in slot.mappings)
    entities = dict.fromkeys(name for name in (*mapped, *files.entity_values) if name)
    domain = {
        "version": "3.1",
        "intents": list(files.intents),
        "entities": list(entities),
        "slots": {name: _said(slot) for name, slot in files.slots.items()},
        "actions": list(files.actions),
        "forms": {name: _said(form) for name, form in files.forms.items()},
        "responses": {name: [_said(each) for each in wordings] for name, wordings in files.responses.items()},
    }
    kept = {key: value for key, value in domain.items() if value}
    text: str = yaml.dump(kept, Dumper=Indented, sort_keys=False, allow_unicode=True, width=2**31)
    return _HEAD + text


def _said(part: Any) -> dict[str, Any]:
    """Return what was written of a part, without what is taken for granted."""
    return dict(part.model_dump(exclude_unset=True, by_alias=True))
