"""One function per act: visits, hazards, publicity, words of workers, clues."""
