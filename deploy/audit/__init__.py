"""The auditor: by itself, from journals and streams, it accounts for every report (domain.md §7)."""

from deploy.audit.run import Unreachable, Verdict, audit

__all__ = ["Unreachable", "Verdict", "audit"]
