"""Values and decisions: no disk, clock, environment, randomness or printing."""
