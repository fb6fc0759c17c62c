"""Data sets: read, checked, split, made, and their faces found and cached."""
