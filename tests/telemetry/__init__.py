"""What leaves by OpenTelemetry."""
