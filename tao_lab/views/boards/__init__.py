"""What the pages for a room compute and draw: keys, blocks, attacks, a running network, a class.

Each file is one page's model: pure functions from what the controls say to numbers, rows of charts and sentences.
`tao_lab/views/presentation` puts them on a page.
"""
