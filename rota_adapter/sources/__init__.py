"""The places that shifts can come from, each behind the same protocol."""
