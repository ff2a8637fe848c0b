"""What the server is besides its pages: a guard, health, metrics, a log, turns to encode."""
