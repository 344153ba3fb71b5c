"""The gallery: one page with all projects, each README beside its living app.

``python -m classroom.gallery`` serves it. ``site`` is what is seen of the gallery itself,
``apps`` starts the projects when they are first visited, ``readme`` renders Markdown.
"""
