"""What a session runs in test_sandbox.py: the code that it is sent."""

import json

PREPARED = []


def prepare(told):
    """Keep what the warm process is told before it forks."""
    PREPARED.extend(told)


def run_code(channel, limits, options):
    """Run each message as code; send back the repr of `result`, or the error's."""
    names = {"channel": channel, "limits": limits, "options": options}
    while True:
        try:
            code = channel.receive().decode()
        except OSError:
            return
        names["result"] = None
        try:
            exec(code, names)
            answer = repr(names["result"])
        except BaseException as error:
            if isinstance(error, SystemExit):
                raise
            answer = f"{type(error).__name__}: {error}"
        channel.send(json.dumps(answer).encode())


def raise_at_once(channel, limits, options):
    """Be an entry point with a fault."""
    raise LookupError("a fault of ours")
