"""build/trace.html: a trace to look at, in one file that needs nothing else.

Reading order: content (what the page is told), columns (how it is packed), page (how the file is made of it); then the page
itself: page.html, the styles, and the scripts in the order that page.py names.
"""
