"""Slow work, as programs see it and have a say in it.

And what the API of every app is made of, since this is the app that all of them may know.
"""
