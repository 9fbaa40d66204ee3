"""Visits of assistants: 走访与信息采集, hazards, publicity, feedback."""
