r"""JupyterHub for a class: one machine, a JupyterLab for each student, everything installed once.

As root, on a machine whose users are the students (docs/room.md has The Littlest JupyterHub as well):

    python3 -m venv /opt/tao-lab && /opt/tao-lab/bin/pip install -e '/opt/checkout[models]'
    /opt/tao-lab/bin/pip install jupyterhub jupyterhub-idle-culler jupyterhub-systemdspawner
    npm install -g configurable-http-proxy
    TAO_LAB_CACHE=/opt/tao-lab/cache /opt/tao-lab/bin/tao-lab models get smollm2
    cd /opt/checkout && /opt/tao-lab/bin/python scripts/compile.py
    /opt/tao-lab/bin/jupyterhub -f /opt/checkout/deploy/jupyterhub_config.py

The checkout belongs to root, so a student's copies are in the student's home, `~/my-labs`. The sandbox needs nothing
for each user. To try it without users of the system, by any name and one password:

    jupyterhub -f deploy/jupyterhub_config.py --DummyAuthenticator.password=try \
        --JupyterHub.authenticator_class=dummy --JupyterHub.spawner_class=simple
"""

import importlib.util
import os
import sys
from pathlib import Path

MEMORY = "1G"  # a lab with its kernel takes half of it, lab 04 with the language model nearly all
PROCESSORS = 1.0
IDLE_SECONDS = 3_600  # a server that nobody used for so long ends; files stay, variables don't
KERNEL_IDLE_SECONDS = 1_800  # a kernel, whose tab may be open

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent

c = get_config()  # noqa: F821  # JupyterHub gives it

c.JupyterHub.bind_url = "http://127.0.0.1:8000"  # a web server with TLS stands before it
c.JupyterHub.concurrent_spawn_limit = 8  # a server takes two seconds of a processor to start
c.Authenticator.allow_all = True  # whoever can log in at this machine; name students here to be stricter

# systemd holds each student to the memory; without it a student can use up the machine's.
if importlib.util.find_spec("systemdspawner") and Path("/run/systemd/system").exists():
    c.JupyterHub.spawner_class = "systemdspawner.SystemdSpawner"
    c.SystemdSpawner.isolate_tmp = True

c.Spawner.cmd = [str(HERE / "jupyterhub-student.sh")]
c.Spawner.default_url = "/lab/tree/start.ipynb"
c.Spawner.mem_limit = MEMORY
c.Spawner.cpu_limit = PROCESSORS
c.Spawner.start_timeout = 180
c.Spawner.http_timeout = 120
c.Spawner.environment = {
    "TAO_LAB_BIN": str(BIN),
    "TAO_LAB_CACHE": os.environ.get("TAO_LAB_CACHE", "/opt/tao-lab/cache"),  # one copy of the language model for all
    "TAO_LAB_WITHOUT_SOLUTIONS": "1",
}
c.Spawner.args = [
    f"--MappingKernelManager.cull_idle_timeout={KERNEL_IDLE_SECONDS}",
    "--MappingKernelManager.cull_interval=60",
    "--MappingKernelManager.cull_connected=True",
]

if importlib.util.find_spec("jupyterhub_idle_culler"):
    c.JupyterHub.services = [
        {
            "name": "culler",
            "command": [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={IDLE_SECONDS}"],
        }
    ]
    c.JupyterHub.load_roles = [
        {
            "name": "culler",
            "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
            "services": ["culler"],
        }
    ]
