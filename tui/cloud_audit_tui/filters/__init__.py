"""The filter language: text to an expression, and an expression to SQL or to a predicate."""
