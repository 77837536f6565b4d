"""Signing in: accounts, the second factor, sessions, and what slows down guessing."""
