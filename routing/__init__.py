"""What to do: decisions as functions of plain values, with no framework, clock, network or environment."""
