"""两网化推进: milestones, phases, checklists, assessments and target letters."""
