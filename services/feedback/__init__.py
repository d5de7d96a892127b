"""Reads `cases`, `orders`, `ledger` and `ratings.<source>`: what was verified, and what the reporters say about it.

States on `feedback`: invitations, answers, judgements, the end of a rating, scores and policies; assessments, draws and
checks, sealed scores, stars, polls, duties, summaries.
Owns invitation tokens, remarks of reporters and officers, the answers behind every score, and every published score;
ballots, seals, what was drawn and checked, and the brief of every case.
"""
