"""What staff run."""
