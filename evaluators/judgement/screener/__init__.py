"""A screener: what it is, running it in a process of its own, and setting it beside a panel and an audit."""
