"""Messages for rostra over RabbitMQ."""
