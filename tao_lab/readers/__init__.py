"""Dashboards for a room: a Voila server whose kernels start at once, share memory, and end with their page.

`tao_lab.readers.nursery` runs each page once and forks a kernel from it for each reader; `forking` is the server's side
of it. `kernels` starts and ends kernels, up to the limit. `server` is Voila with both.
"""
