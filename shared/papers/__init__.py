"""Official papers: a description of a document, and the same document as PDF, Word or Excel."""
