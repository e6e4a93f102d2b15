"""Charts of audits; imported only when one is asked for, since Altair is slow to import."""
