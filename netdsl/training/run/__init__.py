"""The run itself: the generated module loaded anew, its functions called, what it leaves, mistakes on the way."""
