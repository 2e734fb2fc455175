"""The command that starts the server: first the process that loads the lab, then Voila, so that both load at once."""

from tao_lab.readers.forking import CAN_FORK, Nursery

if __name__ == "__main__":
    nursery = Nursery() if CAN_FORK else None
    from tao_lab.readers.server import Room

    Room.launch_instance(nursery=nursery)
