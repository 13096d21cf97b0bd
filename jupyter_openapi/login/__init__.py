"""Log in with OAuth, the broker's recommended way: no keys to copy, tokens that renew themselves.

- `server`: the four endpoints that give tokens.
- `browser`: a login in a browser, on this machine or another, and the listener that it is sent back to.
- `device`: a login by a short code, for machines without a browser.
- `renewal`: a new token before the old one ends, once for all threads and processes.
"""
