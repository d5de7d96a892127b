"""Real Apache Kafka and PostgreSQL on one machine, and the supervisor that keeps a city running on them."""
