"""Run feedback: `python -m services.feedback`."""

from services.feedback.app import main

main()
