"""What a person may type about workers, filings and papers."""
