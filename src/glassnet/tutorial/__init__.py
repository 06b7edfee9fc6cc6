"""The tutorial's demo and its illustrated chapter."""
