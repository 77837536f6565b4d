"""What is kept: tables, the journal of contact events, the outbox, and what is encrypted."""
