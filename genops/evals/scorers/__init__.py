"""The built-in scorers, one a module; ``docs/scorers.md`` lists them."""
