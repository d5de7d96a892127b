"""The simulated year: a city's actors against the real rules of every service, in memory and in virtual time."""
