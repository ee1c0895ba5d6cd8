"""Engine: runs the profile kernel over Arrow tables; local threads now, same numbers anywhere."""
