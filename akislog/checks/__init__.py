"""What is wrong with a document: one rule, one function."""
