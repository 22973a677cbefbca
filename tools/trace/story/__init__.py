"""Tells one page fault of a trace in sentences: story (what happened), lines (where in the source), __main__.

    python3 -m tools.trace.story build/trace.dat --fault 12
"""
