"""The nouns of the analyzer: facts found in the code, and the plan concluded from them."""
