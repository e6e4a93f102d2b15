"""What tickets say: waiting, promises, what comes in and piles up, handling, ways, and change over time."""
