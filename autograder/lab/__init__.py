"""The place that `hrlab lab` opens: a learner's desk, and the start page on a Jupyter server."""
