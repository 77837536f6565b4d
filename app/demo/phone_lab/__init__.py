"""The phone lab: the service and every telephone around it on one page, on a clock of its own."""
