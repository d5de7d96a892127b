"""HTTP of dispatch's further nouns, a module each."""
