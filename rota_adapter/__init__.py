"""Where shifts come from, and whether a rota holds."""
