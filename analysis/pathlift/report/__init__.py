"""A result as text, JSON, Markdown and HTML. Renders, never computes."""
