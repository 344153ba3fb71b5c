"""Tools for teachers and maintainers: catalogue, gallery, eject.

They read each project's ``idea.toml`` and its files, never its code's insides.
Run them from the root of the repository, for example
``python -m classroom.eject url_shortener ../url_shortener``.
"""
