"""Where code runs: processes behind walls, and the channel that leads to them."""

from autograder.sandbox.bubblewrap import missing_walls
from autograder.sandbox.channel import Channel, ChannelClosed, ChannelError, ChannelTimeout, MessageTooBig
from autograder.sandbox.host import Host, SandboxMissing
from autograder.sandbox.limits import Limits
from autograder.sandbox.session import Session

__all__ = [
    "Channel",
    "ChannelClosed",
    "ChannelError",
    "ChannelTimeout",
    "Host",
    "Limits",
    "MessageTooBig",
    "SandboxMissing",
    "Session",
    "missing_walls",
]
