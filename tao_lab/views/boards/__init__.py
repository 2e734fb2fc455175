"""Computations and charts for the pages for a room: keys, blocks, attacks, a running network, a class.

Each file is one page's model: pure functions that turn the controls' values into numbers, rows of charts and sentences.
`tao_lab/views/presentation` puts them on a page.
"""
