"""How far raters agree: a measure a module, and all that fit a panel (panel_agreement)."""
