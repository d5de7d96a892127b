"""A service that does nothing but answer, for trying the supervisor without the real ones.

A file named on its command line may hold what it answers instead: path -> [status, JSON].
"""

from __future__ import annotations

import http.server
import json
import os
import sys
from pathlib import Path

METRICS = b'# TYPE sidan_lag_records gauge\nsidan_lag_records{group="a"} 3\nsidan_lag_records{group="b"} 4\n'


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        moods = Path(sys.argv[1]) if len(sys.argv) > 1 else None
        mood = json.loads(moods.read_text()) if moods and moods.exists() else {}
        status, said = mood.get(self.path, (200, {}))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(METRICS if self.path == "/metrics" else json.dumps(said).encode())

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    print("answering", flush=True)
    http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["SIDAN_HTTP_PORT"])), Answer).serve_forever()
