"""What ratings go with: policies, importance of cues, words against deeds, the lens model."""
