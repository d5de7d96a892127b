"""Run escalation: `python -m services.escalation`."""

from services.escalation.app import main

main()
