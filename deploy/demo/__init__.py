"""The simulated city: residents, grid staff, departments and conveners as outside clients, by topics and HTTP alone."""
