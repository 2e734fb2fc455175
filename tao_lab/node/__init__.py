"""What the chain shows to clients: the JSON-RPC methods of a Substrate node, with or without a socket."""
