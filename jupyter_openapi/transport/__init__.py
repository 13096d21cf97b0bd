"""Send signed requests: hosts, connections, limits, replies."""
