"""Messages for rostra: subscriptions, a publisher, retries and dead letters, over whichever broker there is."""
