"""Run a course on nbgrader: release, collect, grade, feedback, report, and the place where people learn."""
