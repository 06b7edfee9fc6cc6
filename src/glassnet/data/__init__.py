"""From columns to numbers, and the data sets that come with the package."""
