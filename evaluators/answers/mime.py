"""MIME types under which a lab displays, for programs, what it also shows to people."""

ITEM_MIME = "application/vnd.hrlab.item+json"  # a question: its spec, number and current answer
SHEET_MIME = "application/vnd.hrlab.sheet+json"  # what was found when the answer sheet was opened
CREDIT_MIME = "application/vnd.hrlab.credit+json"  # what a scored cell says about an answer
