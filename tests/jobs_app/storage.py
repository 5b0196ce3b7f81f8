"""A disk that can be made to take its time."""

import time
from pathlib import Path

from django.core.files.storage import FileSystemStorage

HOLD = "hold"  # while there is a file of this name, nothing is deleted


class HesitantStorage(FileSystemStorage):
    def delete(self, name):
        while Path(self.location, HOLD).exists():
            time.sleep(0.05)
        super().delete(name)
