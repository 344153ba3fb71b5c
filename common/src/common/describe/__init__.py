"""What an application shows of itself: its OpenAPI document, and the pages that stand on it."""
