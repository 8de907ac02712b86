"""`netdsl run`: what an untrained or fixed network makes of a picture or an array."""
