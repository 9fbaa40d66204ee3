"""职工名册 as a workbook: its columns, and what its rows say of units and contracts."""
