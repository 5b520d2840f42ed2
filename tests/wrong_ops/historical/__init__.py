"""Wrong gradients that were in released libraries and courses, one or more for each class of bug."""
