"""Damage what comes in, by thousands: each record and request must be answered or kept with a reason, none stuck."""
