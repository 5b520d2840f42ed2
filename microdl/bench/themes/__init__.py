"""One module a theme, each with its ROWS; imported when it is measured."""
