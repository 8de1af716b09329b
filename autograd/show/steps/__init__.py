"""The backward pass to step through, and wrong passes beside the right one."""
