"""The service and the built-in carrier put together: for playing calls, for the demo, for tests."""
