"""What reaches clients unasked: ``events`` (publish and subscribe) and ``websockets``."""
