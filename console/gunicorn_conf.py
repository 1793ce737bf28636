"""How gunicorn serves the console. Started by `make run`; every number comes from console.settings."""

import os
import resource

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

from django.conf import settings

wsgi_app = "console.server:application"
worker_class = "console.worker.Worker"
asgi_loop = "uvloop"  # takes in one connection a turn, so workers share what comes at once; gateways keep what they got
workers = settings.WORKERS
bind = f"{settings.HOST}:{settings.PORT}"
asgi_lifespan = "on"
timeout = 60
graceful_timeout = 20
keepalive = 15
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190
backlog = 2048
forwarded_allow_ips = "127.0.0.1"
accesslog = None  # paths can carry invitation tokens; who did what is in the audit trail
errorlog = "-"
control_socket_disable = True
umask = 0o077

# A slow client costs a file descriptor: take as many as the system allows.
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
