"""How fast the house is, what a crowd does to it, and what its tests miss.

``bench`` measures with ``load``, ``bare`` and ``toy``; ``crowd`` chats; ``mutants`` breaks projects
with ``mutation``, runs their tests with ``trials`` and tells it as ``sharpness``.
"""
