"""Workers and what a unit files about them: 职工名册, 用工备案, 集体合同, 特殊工时."""
