"""Reads `cases`, `orders` and `ratings.<source>`: what was verified, and what the reporters say about it.

States on `feedback`: invitations, answers, judgements, the end of a rating, and the three rates per unit and month.
Owns invitation tokens, remarks of reporters and officers, the answers behind every score, and every published score.
"""
