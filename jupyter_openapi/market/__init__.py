"""What is known of the markets: symbols, price steps, lots, sessions, order rules and fees.

Facts stand as JSON in ``data/``, each with its source and date; what could not be confirmed is marked there.
The functions are pure and small. Money and prices are `decimal.Decimal` throughout.
"""
