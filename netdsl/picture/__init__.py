"""Pictures of models: `netdsl graph`, one file for each pass.

Graph -> network: laid flat -> nest: boxes -> repeats, stick: fewer boxes -> cells: sizes, terms
-> folding, compose: places -> draw: a drawing -> svg, png, pdf
"""
