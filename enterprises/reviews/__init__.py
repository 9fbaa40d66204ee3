"""The yearly written review: 书面审查."""
