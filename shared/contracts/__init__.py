"""Every fact and message on a stream, grouped by the service that states it; `topics` is the map of the system."""
