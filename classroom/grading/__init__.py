"""Grades for a class: ``python -m classroom.grading.grade IDEA SUBMISSIONS --out GRADES``.

A submission is taken in (``entries``, ``unpack``, ``intake``), put into a sandbox with a trusted
host beside it (``box``), and asked over a socket (``backend``, ``boxes``) by the grader's own
pytest (``boxed``), which runs in a process of its own (``run``, ``servers``, ``alone``). ``batch``
does it for the whole class, on many machines with ``remote``; ``journal`` keeps what is done, and
``reports`` tells it.
"""
