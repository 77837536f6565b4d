"""What people hand in: the organisation file and the caller register."""
