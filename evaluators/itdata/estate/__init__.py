"""What IT runs and pays for: licences, storage, services and new versions."""
