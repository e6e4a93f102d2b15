"""Imported first by what people wait for: keeps out of the process what takes seconds and serves nobody here.

jsonschema (which Altair and nbformat use) imports `rfc3987_syntax` to check internationalised links. Building its
grammar takes 2 CPU seconds, and no notebook, chart or hand-in of ours holds such a link. Without it jsonschema skips
that check.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
