"""What all API views share. Knows no app."""
