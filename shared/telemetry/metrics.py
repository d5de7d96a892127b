"""Every metric of the platform, each with the question it answers."""

from __future__ import annotations

from importlib.metadata import version

from prometheus_client import Counter, Gauge, Histogram, Info

BUILD = Info("sidan_build", "Which version runs, by which city file?")
VERSION = version("sidan")
BATCH_SECONDS = Histogram("sidan_batch_seconds", "How long does a transaction take, by door?", ["door"])
BATCH_MESSAGES = Counter("sidan_messages", "How many messages came through each door?", ["door"])
DESK_SECONDS = Histogram(
    "sidan_desk_seconds",
    "How long does a command at the desk wait for its answer?",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5),
)
FACTS = Counter("sidan_facts", "How many facts were stated, by type?", ["type"])
DUPLICATES = Counter("sidan_duplicates", "How many messages had been seen before?", ["door"])
REFUSED = Counter("sidan_refused", "What do the rules refuse?", ["rule"])
QUARANTINED = Counter("sidan_quarantined", "How many records were kept aside, by rule?", ["rule"])
QUARANTINE = Gauge("sidan_quarantine_records", "How many records are kept aside and wait for somebody?")
SET_ASIDE = Counter("sidan_set_aside", "How many facts could not be decided?")
HOLES = Counter("sidan_holes", "How often did records between fence and batch go missing?", ["reader"])
REWOUND = Counter("sidan_rewound", "How often was a log found rewound?", ["topic"])
STUCK = Gauge("sidan_stuck_partitions", "Which readers stand before a partition they cannot pass?", ["reader"])
LAG = Gauge("sidan_lag_records", "How far are the readers behind the logs?", ["reader", "topic"])
PENDING = Gauge("sidan_pending_facts", "How many facts wait to be sent?")
PENDING_AGE = Gauge("sidan_oldest_pending_seconds", "How long has the oldest fact waited to be sent?")
PARKED = Gauge("sidan_parked_facts", "How many facts wait for an earlier one?")
PARKED_AGE = Gauge("sidan_oldest_parked_seconds", "How long has the oldest parked fact waited?")
ASIDE = Gauge("sidan_aside_subjects", "How many subjects are set aside?")
ARMED = Gauge("sidan_deadlines_armed", "How many deadlines are armed?")
DUE = Gauge("sidan_deadlines_due", "How many deadlines are due and have not fired (counted up to 10,000)?")
OVERDUE_AGE = Gauge("sidan_oldest_due_seconds", "How long has the oldest due deadline waited (virtual seconds)?")
FIRED_LATE = Histogram(
    "sidan_deadline_late_seconds",
    "How late did deadlines fire (real seconds)?",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)
SENT = Counter("sidan_sent", "How many records did the relay deliver?")
RELAY_ERRORS = Counter("sidan_relay_errors", "How often did the relay start anew?")
HELD_BACK = Gauge("sidan_held_back_facts", "How many facts cannot be sent at all?")
LOOK_SECONDS = Histogram(
    "sidan_console_look_seconds",
    "How long does the console's look at the read model take, once a second?",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
NOTICES = Counter("sidan_notices", "What became of notices to reporters, by channel?", ["channel", "outcome"])
