"""Charts of rates, exits and tables with hidden groups; imported only when one is asked for."""
