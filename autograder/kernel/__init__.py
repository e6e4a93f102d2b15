"""What runs inside a session: a shell for cells, its outputs, and the link to the other session."""
