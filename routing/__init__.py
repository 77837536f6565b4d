"""What to do: decisions as functions of plain values, without framework, clock or network."""
