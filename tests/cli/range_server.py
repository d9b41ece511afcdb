"""A web server for tests: gives DATA (argument 2, bytes of 0..255 again and again) at any path, by ranges unless the path
is /whole, breaks off /broken after half of it, and has nothing at /none. Writes its port to the file of argument 1."""
import http.server
import os
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        data = bytes(i & 255 for i in range(int(sys.argv[2])))
        if self.path == "/none":
            return self.send_error(404)
        begin = 0
        asked = self.headers.get("Range")
        if asked and self.path != "/whole":
            begin = int(asked.removeprefix("bytes=").split("-")[0])
            if begin >= len(data):
                return self.send_error(416)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(data) - begin))
        self.end_headers()
        broken = self.path == "/broken" and not asked
        self.wfile.write(data[begin:len(data) // 2] if broken else data[begin:])
        self.close_connection = True

    def log_message(self, *_):
        print(self.command, self.path, self.headers.get("Range", ""), file=sys.stderr, flush=True)


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".new", "w") as file:
    file.write(str(server.server_port))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
