"""What runs beside the requests: followers of the feed, and the delivery of events to webhooks."""
