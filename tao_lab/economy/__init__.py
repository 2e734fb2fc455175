"""The economy: issuance, emission shares and pools, as pure functions over exact integers."""
