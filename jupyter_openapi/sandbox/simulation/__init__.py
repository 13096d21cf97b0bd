"""The simulated market: prices, candles, books, derivatives, company figures."""
