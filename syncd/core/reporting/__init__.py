"""The sums of the drift report. No text, no drawing."""
