"""Charts of ratings; imported only when one is asked for."""
