"""Further kinds of workbook about staff: trainings and the monthly attendance."""

from assistants.kinds import attendance, trainings

__all__ = ["attendance", "trainings"]
