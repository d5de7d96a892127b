"""What the papers of a joint meeting say: from records, states and words to rows and documents."""
