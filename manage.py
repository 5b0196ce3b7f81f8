#!/usr/bin/env python
import os
import sys

from django.core.exceptions import ImproperlyConfigured

from microblog.commands import Commands

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "microblog.settings")
    try:
        Commands(sys.argv).execute()
    except ImproperlyConfigured as error:  # which says all there is to say
        sys.exit(str(error))
