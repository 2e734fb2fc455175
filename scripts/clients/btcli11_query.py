"""Every `btcli query` command of SDK 11 against a node with subnet 171.

    tao-lab node --dev --report-subnet
    .venv/bin/python scripts/clients/btcli11_query.py ws://127.0.0.1:9944            all commands
    .venv/bin/python scripts/clients/btcli11_query.py ws://127.0.0.1:9944 balance    some of them

All commands run in one process, because most of a command's time is the start of Python; each opens a connection of its
own. Arguments come from a neuron of subnet 171. A command passes when it exits with 0 and prints JSON.
"""

import json
import os
import sys
import tempfile
from typing import Any

NETUID = 171


def options_of(params: dict[str, str], neuron: dict[str, Any]) -> list[str]:
    """What to type for the parameters of a read; flags keep their defaults."""
    from bittensor.cli.query import _cli_name

    named = {"netuid": str(NETUID), "netuids": f"0,{NETUID}", "uid": str(neuron["uid"]), "mechid": "0"}
    named["call_hash"] = "0x" + "00" * 32
    values = {"integer": "1", "number": "1", "string": neuron["coldkey"], "array": neuron["coldkey"]}
    words = []
    for name, kind in params.items():
        if kind != "boolean":
            value = named.get(name) or (neuron["hotkey"] if "hotkey" in name else values[kind])
            words += [_cli_name(name), value]
    return words


def main(url: str, *only: str) -> int:
    """Run all commands, or only those named; the answer is the exit code: 1 where a command failed."""
    from bittensor.cli.main import app
    from bittensor.reads.base import REGISTRY
    from typer.testing import CliRunner

    def query(command: str, *options: str) -> Any:
        done = CliRunner().invoke(app, ["query", command, *options, "--json", "--network", url])
        if done.exit_code:
            raise ValueError(done.output.strip() or repr(done.exception))
        return json.loads(done.stdout)

    neuron, failed = query("neurons", "--netuid", str(NETUID))[0], 0
    commands = {name.replace("_", "-"): spec for name, spec in REGISTRY.items()}
    for command in only or commands:
        try:
            query(command, *options_of(commands[command].params, neuron))
            print(f"{command}: answered", flush=True)
        except ValueError as error:
            failed += 1
            print(f"{command}: {error}", flush=True)
    asked = len(only or commands)
    print(f"{asked - failed} of {asked} commands answered")
    return int(failed > 0)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:  # the SDK looks there for wallets and settings when it is imported
        os.environ.update(HOME=home, BITTENSOR_RUNTIME_CACHE_DIR=home)
        sys.exit(main(*sys.argv[1:]))
