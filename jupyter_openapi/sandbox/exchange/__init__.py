"""The paper exchange: orders, matching, the account and its store."""
