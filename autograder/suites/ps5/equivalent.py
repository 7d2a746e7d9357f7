"""What an audit of Exercise 5 need not find."""

OPEN = {"categorise": "Any rules are right that agree often enough with what is in the texts; each of ours adds a little."}
