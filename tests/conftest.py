"""What every folder of tests may ask for."""

from tests.support.stack import backing

__all__ = ["backing"]
