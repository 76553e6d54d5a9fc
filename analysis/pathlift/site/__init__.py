"""A registry as static pages: what is read, how it is shown, where it is written."""
