"""Single raters: severity, drift, halo, ratings far off, each against the rest (the human ceiling), and their map."""
