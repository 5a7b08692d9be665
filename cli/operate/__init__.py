"""What operators see and steer by the API, a command for each concern."""
