"""Tools for teachers and maintainers, a folder for each job.

``handout`` makes what students start from, ``grading`` grades what they hand in, ``gallery`` shows
all projects on one page, ``measure`` tells how fast the house is and how sharp its tests are. At
the top is what these share. They read each project's ``idea.toml`` and its files, never its code's
insides. Run them from the root of the repository, for example
``python -m classroom.handout.eject url_shortener ../url_shortener``.
"""
