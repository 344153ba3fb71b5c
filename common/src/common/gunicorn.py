"""How gunicorn serves a project: ``gunicorn -c python:common.gunicorn wsgi:app``.

What the command line says counts more, such as ``--workers 4``. This file is read once, before the
workers are made: so the libraries that ``common`` imports are loaded once for all of them.
"""

import common  # noqa: F401  # for what it imports: see above

worker_class = "gthread"
threads = 8
loglevel = "warning"
control_socket_disable = True  # it is one for all servers of a user: the last would have it

# The longest line that a browser sends and proxies let through.
limit_request_line = 8190

# A client's own headers never become variables of WSGI such as SCRIPT_NAME, nor the scheme. The
# headers of a reverse proxy are read by the application: PROXY_HOPS. Whom gunicorn trusts is not
# enough to say (forwarded_allow_ips): it trusts everybody who comes by a Unix socket.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}
