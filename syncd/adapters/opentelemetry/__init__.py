"""Traces and metrics that leave this process by OpenTelemetry's protocol, OTLP over HTTP, where somebody wants them."""

from syncd.adapters.opentelemetry.telemetry import Telemetry

__all__ = ["Telemetry"]
