"""Lines of logs that devices send, and how their owners read them."""
