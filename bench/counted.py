"""`python -m bench.counted`: how many questions a Keyhouse has counted, of every credential and outcome."""

import django
from django.db.models import Sum

django.setup()

from keys.models import UsageDay

if __name__ == "__main__":
    print(UsageDay.objects.aggregate(all=Sum("count"))["all"] or 0)
