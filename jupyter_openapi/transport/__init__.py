"""Sending: hosts, transport, replies."""
