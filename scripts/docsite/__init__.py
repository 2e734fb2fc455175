"""The site of the documents: docs/, the labs as they run, and the API, made into pages by Sphinx.

`make docs` builds it. `running` runs the notebooks, `notebooks` turns their outputs into parts of a page, `staging`
lays out what Sphinx reads, `links` looks at every link of what it wrote.
"""
