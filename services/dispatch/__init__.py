"""Dispatch: keep exactly one unit responsible for every case, from registration to closing.

Reads `cases`, `ledger`, `feedback` and departments' replies; states `orders`; owns the register of responsibility.
"""
