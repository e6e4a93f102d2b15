"""One order of the items: from paired comparisons, or from many raters."""
