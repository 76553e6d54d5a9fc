"""What an analysis says, as values; JSON, its schema, saving and finding."""
