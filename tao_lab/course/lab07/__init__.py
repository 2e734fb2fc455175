"""Lab 07, emission: where does the next TAO go?"""
