"""Every change to rosters, filings and papers. One act, one transaction, one event."""
