"""A network learned: recipes to runs, runs to checkpoints, checkpoints to model files."""
