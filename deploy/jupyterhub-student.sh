#!/bin/sh
# One student's server under JupyterHub: brings the student's own copies of the labs up to date, then opens them.
# JupyterHub runs it as the student; TAO_LAB_BIN is where the lab's commands are.
set -eu
work="${TAO_LAB_WORK:-$HOME/my-labs}"
PATH="$TAO_LAB_BIN:$PATH"
export PATH
# what could not be updated is as it was: the student sees it in the list, and works on
tao-lab labs update --work "$work" || echo "some labs could not be updated" >&2
# root only where somebody tries the hub in a container
[ "$(id -u)" -ne 0 ] || set -- "$@" --allow-root
exec jupyterhub-singleuser --ServerApp.root_dir="$work" "$@"
