"""Asking the rules about what ran. They never run the simulation, but for the trial of a fix."""
