"""Whether the portal in this container answers: exit 0 or 1, for the container's health check."""

from __future__ import annotations

import http.client
import os
import sys
from urllib.parse import urlsplit


def answers() -> bool:
    """Ask /healthz on the port of this container, by the name that people use: another one is refused."""
    address = urlsplit(os.environ.get("PORTAL_BASE_URL", "http://localhost"))
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=4)
    try:
        connection.request("GET", "/healthz", headers={"Host": address.netloc})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if answers() else 1)
