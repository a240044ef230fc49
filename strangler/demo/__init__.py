"""The main job, end to end, on the sample monolith, with every claim checked."""
