"""What is a stage made of, and how is that drawn? For ``rostra graph``.

A chart is made of a rehearsed stage: plain values that refer to each other. Each form draws it on its own: a tree,
pictures for mermaid and graphviz, JSON. Only the making of the chart knows what a stage is.
"""
