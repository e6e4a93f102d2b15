"""What recruiters value: how far raters agree, and how single raters differ from their panel."""
