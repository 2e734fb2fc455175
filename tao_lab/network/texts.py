"""What a student signs for a class's node."""

JOIN_TEXT = "tao-lab join {genesis} {name}"  # what a student's coldkey signs to join
OPEN_TEXT = "tao-lab open {genesis} {netuid} {tempo} {commit_reveal}"  # what the owner of a new subnet signs
