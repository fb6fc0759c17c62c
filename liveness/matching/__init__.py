"""Who a face is: people enrolled in a gallery, and faces held against it."""
