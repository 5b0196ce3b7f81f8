"""A site that does nothing: what a server and a client take by themselves."""

BODY = b"{}"


def application(environ, start_response):
    start_response("200 OK", [("Content-Length", str(len(BODY)))])
    return [BODY]
