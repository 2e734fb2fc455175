"""The Littlest JupyterHub: a student's server opens the student's own copies of the labs. See docs/room.md."""

c = get_config()  # noqa: F821  # JupyterHub gives it

c.Spawner.cmd = ["/opt/checkout/deploy/jupyterhub-student.sh"]
c.Spawner.default_url = "/lab/tree/start.ipynb"
c.Spawner.environment = {
    "TAO_LAB_BIN": "/opt/tljh/user/bin",
    "TAO_LAB_CACHE": "/opt/tao-lab/cache",
    "TAO_LAB_WITHOUT_SOLUTIONS": "1",
}
