"""A rota proposed by a solver: what must hold, what it costs, and why there is none."""
