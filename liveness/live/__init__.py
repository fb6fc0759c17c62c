"""Faces over time: a camera session or a clip, its cues, and the movements that are asked for."""
