"""A page in a headless browser: opens WebTransport, runs a line of script with moqt.js, prints what came of it as JSON.

    page.py BROWSER URL FINGERPRINT PROTOCOL SCRIPT
"""
import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading

program, url, fingerprint, protocol, script = sys.argv[1:]
OPTIONS = {
    "chromium": [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
        "--user-data-dir={profile}"],
    "firefox-esr": ["--headless", "--no-remote", "--profile", "{profile}"],
}
here = pathlib.Path(__file__).parent
client = "".join((here / name).read_text() for name in ["moqt.js"] + ["moqt14.js"] * (protocol == "moq-00"))
page = """<!doctype html><script>
%s
(async () => {
  const result = { agent: navigator.userAgent };
  try {
    const hash = Uint8Array.from(%s.match(/../g).map(byte => parseInt(byte, 16)));
    const transport = new WebTransport(%s, {
      serverCertificateHashes: [{ algorithm: "sha-256", value: hash }], protocols: [%s] });
    transport.closed.catch(() => {});
    await transport.ready;
    result.protocol = transport.protocol;
    result.value = await (async transport => { %s })(transport);
    await new Promise(resolve => setTimeout(resolve, 500));
    transport.close();
  } catch (error) { result.error = String(error); }
  await fetch("/result", { method: "POST", body: JSON.stringify(result) });
})();
</script>""" % (client, json.dumps(fingerprint), json.dumps(url), json.dumps(protocol), script)
done = threading.Event()
result = {"error": "the page said nothing"}


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        body = page.encode() if self.path == "/" else b""
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        global result
        result = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(204)
        self.end_headers()
        done.set()


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
    browser = subprocess.Popen(
        [program, *(option.format(profile=profile) for option in OPTIONS[program]),
         f"http://127.0.0.1:{server.server_port}/"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    done.wait(30)
    browser.terminate()
    try:
        browser.wait(8)
    except subprocess.TimeoutExpired:
        browser.kill()
        browser.wait()
print(json.dumps(result), flush=True)
