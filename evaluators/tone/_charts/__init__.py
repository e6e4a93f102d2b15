"""Charts of tone; imported only when one is asked for."""
