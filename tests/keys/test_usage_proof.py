"""The proof holds where every record is counted once, and says where one is not."""

import json
import uuid
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as _DjangoCase  # noqa: F401 - rolls back after each example
