"""What goes into the box with a submission: ``host.py`` and the protocol that it speaks."""
