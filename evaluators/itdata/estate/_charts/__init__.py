"""Charts of licences, storage and services; imported only when one is asked for."""
