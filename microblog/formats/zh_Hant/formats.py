"""Where Django writes Traditional Chinese as nobody in Taiwan or Hong Kong does: it is 12,345
there, and weeks begin on Sunday."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
FIRST_DAY_OF_WEEK = 0
