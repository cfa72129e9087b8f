/** The answer to an HTTP request, before compression. */
export interface MarathonAnswer {
  readonly status: number;
  readonly type: 'application/json' | 'text/html;charset=iso-8859-1' | 'text/plain;charset=utf-8';
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer with a JSON body on one line. */
export function jsonAnswer(status: number, body: unknown): MarathonAnswer {
  return { status, type: 'application/json', body: JSON.stringify(body) };
}

/** An error with a message in Marathon's own words. */
export function messageAnswer(status: number, message: string): MarathonAnswer {
  return jsonAnswer(status, { message });
}

/** An error of the web server in front of Marathon's code: an HTML page, whatever the client accepts. */
export function pageAnswer(status: number, reason: string): MarathonAnswer {
  const head = `<head>\n<title>Error ${status} ${reason}</title>\n</head>`;
  const body = `<html>\n${head}\n<body><h2>HTTP ERROR ${status}</h2>\n<p>Reason:\n<pre>    ${reason}</pre></p>\n</body>\n</html>\n`;
  return { status, type: 'text/html;charset=iso-8859-1', body };
}

/** The refusal of HTTP basic auth. Jetty writes the scheme in lower case. */
export function unauthorizedAnswer(): MarathonAnswer {
  return { ...pageAnswer(401, 'Unauthorized'), headers: { 'WWW-Authenticate': 'basic realm="Mesosphere"' } };
}

/** The answer of a proxy in front of Marathon: 200 with a sign-in page for people. */
export function signInAnswer(): MarathonAnswer {
  return {
    ...pageAnswer(200, 'OK'),
    body: '<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in</body></html>\n',
  };
}
