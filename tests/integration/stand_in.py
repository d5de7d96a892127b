"""A service that does nothing but answer, for trying the supervisor without the real ones."""

from __future__ import annotations

import http.server
import os


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b'# TYPE sidan_lag_records gauge\nsidan_lag_records{group="a"} 3\nsidan_lag_records{group="b"} 4\n'
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body if self.path == "/metrics" else b"{}")

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    print("answering", flush=True)
    http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["SIDAN_HTTP_PORT"])), Answer).serve_forever()
