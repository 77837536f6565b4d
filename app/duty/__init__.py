"""The services that webhooks, clock and pages share: plain functions on an engine and a moment."""
