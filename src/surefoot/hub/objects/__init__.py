"""Objects: who may have which bytes, and how they come and go."""
