"""What dispatch writes for people, a module per paper."""
