"""Reads: `reports.<source>`, orders, ledger, feedback. States: `cases`, receipts to sources.

Owns: reports and their case ids, case numbers, dossiers (the only place of personal data), who read them.
"""
