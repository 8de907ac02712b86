"""Records the patterns of the library: each block is elaborated at values that tell its parameters apart.

A block is used twice over, with other values and for other inputs: what is a parameter's value both times is filled
by it, what differs otherwise varies. Options that change which layers there are, as `act=linear` does, are found by
trying.

    blocks -> trying -> making -> comparing -> covering
"""
