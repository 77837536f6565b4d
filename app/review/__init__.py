"""What managers and reviewers look at: the call log, figures, the reading log, the system."""
