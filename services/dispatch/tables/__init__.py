"""What is read of dispatch's further nouns, a module each."""
