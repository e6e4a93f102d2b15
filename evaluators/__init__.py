"""The measuring library: tables and text in, figures and plain words out. It knows nothing of learners or marks."""
