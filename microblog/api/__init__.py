"""Where the parts of the API meet: its addresses, its errors, its pages, its description.

What can be asked for is in the apps, in their modules `api`.
"""
