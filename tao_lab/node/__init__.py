"""The chain for clients: the JSON-RPC methods of a Substrate node, with or without a network connection."""
