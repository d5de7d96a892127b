"""One city as configuration: units, matters, clocks, chain of meetings, scoring policy. No code knows a city."""
