"""The carrier's own description of its REST requests, cut down; see NOTICE.txt."""
