"""Dashboards for a room: a Voila server whose kernels start in an instant, share their memory and end with their page.

`tao_lab.readers.nursery` runs each page once and forks a kernel from it for each reader; `kernels` starts and ends
kernels and holds the limit; `server` is Voila with both.
"""
