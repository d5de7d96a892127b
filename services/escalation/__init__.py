"""Reads: cases, orders, feedback. States: `ledger` (topics, meetings, heads of ledgers).

Owns: bodies' agendas, meetings and minutes, the hash-chained ledgers, the full words of decisions,
what was heard of the orders that meetings made.
"""
