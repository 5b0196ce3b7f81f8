"""How the engine does, at a glance, for those who run it. This only reads, in a number of queries
that does not depend on how much there is.

Of very much it reads a part, and the page says so: of failures the latest FAILURES_MOST; of waits
and durations those of the latest SAMPLE tasks in each bar of a chart. What is said of a whole hour
or day counts each task of a sample for as many as its bar has to one in the sample.
"""

from .current import Current
from .lately import Lately

__all__ = ["Current", "Lately"]
