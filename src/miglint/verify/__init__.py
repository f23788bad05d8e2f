"""The way there and back on a real server: the one room that runs SQL of a project, where a user asks for it.

It needs what `miglint[verify]` installs, and is imported by those who ask for it only.
"""
