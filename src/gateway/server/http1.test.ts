import { expect, test } from "vitest";
import { BodyTooLargeError } from "#lib/body.ts";
import type { HttpRequest } from "./http.ts";
import { BodyStalledError, ClientGoneError } from "./request-body.ts";
import { gate, rawClient, serve, text } from "./testing.ts";

const GET = "GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n";
const MIB = 2 ** 20;
const noHeaders: Record<string, string> = {};

async function drain(body: AsyncIterable<Uint8Array>): Promise<number> {
  let length = 0;
  for await (const piece of body) length += piece.length;
  return length;
}

test("the head reaches the handler as it was on the wire", async () => {
  const seen = gate<HttpRequest>();
  const { port } = await serve(async (request) => {
    seen.resolve(request);
    return text("");
  });
  rawClient(port).write(
    "GET /bucket//a%2Fb/../c+d?x=%20&y HTTP/1.1\r\nHost: LOCALHOST:4566\r\nX-Twice: a\r\n__proto__: p\r\nx-twice: b\r\n\r\n",
  );
  const request = await seen.promise;
  expect(request).toMatchObject({
    method: "GET",
    target: "/bucket//a%2Fb/../c+d?x=%20&y",
    path: "/bucket//a%2Fb/../c+d",
    rawQuery: "x=%20&y",
    host: "localhost:4566",
    secure: false,
    remoteAddress: "127.0.0.1",
    httpVersion: "1.1",
  });
  expect(request.headers["x-twice"]).toBe("a,b");
  expect(Object.keys(request.headers)).toEqual(["host", "x-twice", "__proto__"]);
});

test("an absolute-form target is reduced to its path, and its authority is the host", async () => {
  const { port } = await serve(async ({ target, host, headers }) =>
    text(`${target} at ${host}, signed for ${headers.host}.`),
  );
  const client = rawClient(port);
  client.write("GET http://S3.localhost:1/k?q=1 HTTP/1.1\r\nHost: proxy\r\n\r\n");
  expect(await client.saw("at")).toContain("/k?q=1 at s3.localhost:1, signed for S3.localhost:1.");
  client.write("GET http://sqs.localhost HTTP/1.1\r\nHost: proxy\r\n\r\n");
  expect(await client.saw("sqs")).toContain("/ at sqs.localhost, signed for sqs.localhost.");
});

test("a response is one piece with its length, and the connection is kept", async () => {
  const { port } = await serve(async () => text("grüß", 201, { "x-amz-meta-name": "café" }));
  const client = rawClient(port);
  client.write(GET);
  const answer = await client.saw(Buffer.from("grüß").toString("latin1"));
  expect(answer).toMatch(/^HTTP\/1\.1 201 Created\r\n/);
  expect(answer.toLowerCase()).toMatch(/\r\ncontent-length: 6\r\n/);
  expect(answer.toLowerCase()).toMatch(/\r\ndate: /);
  expect(answer).toContain("x-amz-meta-name: café\r\n");
  client.write(GET);
  await client.saw("201 Created");
});

test.each([
  ["no HTTP at all", "what is this?\r\n\r\n", 400],
  ["a header without colon", "GET / HTTP/1.1\r\nHost: h\r\nnonsense\r\n\r\n", 400],
  ["two lengths", "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400],
  [
    "a length and chunks",
    "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    400,
  ],
  ["no host", "GET / HTTP/1.1\r\n\r\n", 400],
  ["two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
  ["a target without path", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 400],
  ["a chunk of no size", "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400],
  ["a head of 70 KB", `GET / HTTP/1.1\r\nHost: h\r\nX: ${"x".repeat(70_000)}\r\n\r\n`, 431],
  ["600 headers", `GET / HTTP/1.1\r\nHost: h\r\n${"X: y\r\n".repeat(600)}\r\n`, 431],
])("%s is answered with an error document, and the next connection is served", async (_, bytes, status) => {
  const { port, reports } = await serve(async ({ body }) => text(`${(await body.bytes(9)).length}`));
  const client = rawClient(port);
  client.write(bytes);
  const answer = await client.saw("</Error>");
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer.toLowerCase()).toContain("content-type: application/xml");
  const next = rawClient(port);
  next.write(GET);
  expect(await next.saw("\r\n\r\n0")).toContain("200 OK");
  expect(reports).toEqual([]);
});

test.each([
  ["a head of 70 KB", `HEAD / HTTP/1.1\r\nHost: h\r\nX: ${"x".repeat(70_000)}\r\n\r\n`],
  ["no host", "HEAD / HTTP/1.1\r\n\r\n"],
  ["a chunk of no size", "HEAD / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"],
])("a HEAD with %s is answered without a body", async (_, bytes) => {
  const { port } = await serve(async ({ body }) => text(`${(await body.bytes(9)).length}`), {
    limits: { lingerTimeout: 5 },
  });
  const client = rawClient(port);
  client.write(bytes);
  const answer = await client.closed();
  expect(answer).toMatch(/^HTTP\/1.1 4\d\d .*\r\n\r\n$/s);
  expect(answer).toContain("connection: close");
});

test("a head of 60 KB is accepted", async () => {
  const { port } = await serve(async ({ headers }) => text(`length ${headers.x!.length}`));
  const client = rawClient(port);
  client.write(`GET / HTTP/1.1\r\nHost: h\r\nX: ${"x".repeat(60_000)}\r\n\r\n`);
  expect(await client.saw("length 60000")).toContain("200 OK");
});

test("a slow head times out", async () => {
  const { port } = await serve(async () => text(""), { limits: { headTimeout: 30, headCheckInterval: 5 } });
  const begun = rawClient(port);
  begun.write("GET / HTTP/1.1\r\nHost:");
  expect(await begun.closed()).toContain("408 Request Timeout");
  const silent = rawClient(port);
  expect(await silent.closed()).toBe("");
  const undecided = rawClient(port);
  undecided.write("PR");
  expect(await undecided.closed()).toBe("");
});

test("a stalled body is reported to its reader, who may still respond", async () => {
  const { port } = await serve(
    async ({ body }) => {
      const error = await Promise.try(() => body.bytes(100)).catch((reason) => reason);
      expect(error).toBeInstanceOf(BodyStalledError);
      return text("stalled", 400);
    },
    { limits: { bodyIdleTimeout: 10, lingerTimeout: 5 } },
  );
  const client = rawClient(port);
  client.write("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  const answer = await client.closed();
  expect(answer).toContain("400 Bad Request");
  expect(answer.toLowerCase()).toContain("connection: close");
});

test("pipelined requests are handled one at a time, and answered in order", async () => {
  const first = gate();
  const begun: string[] = [];
  const { port } = await serve(async ({ path }) => {
    begun.push(path);
    if (path === "/1") await first.promise;
    return text(`<${path}>`);
  });
  const client = rawClient(port);
  client.write("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  while (begun.length === 0) await new Promise(setImmediate);
  expect(begun).toEqual(["/1"]);
  first.resolve();
  expect(await client.saw("</2>")).toMatch(/<\/1>.*<\/2>/s);
});

test("Expect: the first pull sends 100 Continue", async () => {
  const pull = gate();
  const { port } = await serve(async ({ body }) => {
    await pull.promise;
    return text(`got ${Buffer.from(await body.bytes(10))}`);
  });
  const client = rawClient(port);
  client.write("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  await new Promise(setImmediate);
  pull.resolve();
  expect(await client.saw("\r\n\r\n")).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  client.write("body");
  expect(await client.saw("got body")).toContain("200 OK");
});

test.each(["no pull", "a limit below the length"])(
  "Expect: %s means no 100 Continue and the end of the connection",
  async (how) => {
    const { port } = await serve(async ({ body }) => {
      if (how !== "no pull")
        await expect(Promise.try(() => body.bytes(10))).rejects.toThrow(BodyTooLargeError);
      return text("refused", 403);
    });
    const client = rawClient(port);
    client.write("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 40\r\n\r\n");
    const answer = await client.closed();
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer.toLowerCase()).toContain("connection: close");
  },
);

test("Expect: a response without 100 Continue is the connection's last, even without a body", async () => {
  const { port } = await serve(async () => text("stored"));
  const client = rawClient(port);
  client.write("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n");
  const answer = await client.closed();
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(answer.toLowerCase()).toContain("connection: close");
});

test("a short unread body is dropped, and the connection is kept", async () => {
  const { port } = await serve(async ({ path }) => text(`<${path}>`));
  const client = rawClient(port);
  client.write("PUT /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 50000\r\n\r\n");
  await client.saw("</1>");
  client.write(`${"x".repeat(50_000)}GET /2 HTTP/1.1\r\nHost: h\r\n\r\n`);
  expect((await client.saw("</2>")).toLowerCase()).not.toContain("connection: close");
});

test("a long unread body ends the connection, and its sender still receives the response", async () => {
  const { port } = await serve(async () => text("refused", 403));
  const client = rawClient(port);
  client.write(`PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: ${64 * MIB}\r\n\r\n${"x".repeat(8 * MIB)}`);
  const answer = await client.closed();
  expect(answer).toContain("refused");
  expect(answer.toLowerCase()).toContain("connection: close");
});

test("bytes: above the limit is an error, whether the length was declared or not", async () => {
  const { port } = await serve(async ({ body }) =>
    text(`${(await Promise.try(() => body.bytes(10)).catch((error) => error)).name ?? "fits"}`),
  );
  for (const framing of [
    "Content-Length: 11\r\n\r\n01234567890",
    "Transfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n",
  ]) {
    const client = rawClient(port);
    client.write(`PUT / HTTP/1.1\r\nHost: h\r\n${framing}`);
    expect(await client.saw("Error")).toContain("BodyTooLargeError");
  }
});

test("a body can be read once", async () => {
  const { port } = await serve(async ({ body }) => {
    await body.bytes(10);
    return text(await Promise.try(() => body.bytes(10)).then(String, (error: Error) => error.message));
  });
  const client = rawClient(port);
  client.write("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na");
  await client.saw("only once");
});

test("trailers are available after the end", async () => {
  const { port } = await serve(async ({ body }) => {
    const pieces: string[] = [];
    for await (const piece of body) pieces.push(String(piece));
    return text(`${body.announced} ${pieces.join("")} ${body.trailers["x-amz-checksum-crc32"]}`);
  });
  const client = rawClient(port);
  client.write(
    "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: X-Amz-Checksum-Crc32\r\n\r\n" +
      "3\r\nabc\r\n0\r\nx-amz-checksum-crc32: AAAA\r\n\r\n",
  );
  await client.saw("x-amz-checksum-crc32 abc AAAA");
});

test.each(["bytes", "iteration"])(
  "a client that disconnects in the middle of its body is reported: %s",
  async (how) => {
    const error = gate<unknown>();
    const started = gate();
    const { port, reports } = await serve(async ({ body }) => {
      started.resolve();
      const read = how === "bytes" ? Promise.try(() => body.bytes(100)) : drain(body);
      read.then(() => error.resolve("no error"), error.resolve);
      await read;
      return text("");
    });
    const client = rawClient(port);
    client.write("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
    await started.promise;
    client.socket.destroy();
    expect(await error.promise).toBeInstanceOf(ClientGoneError);
    expect(reports).toEqual([]);
  },
);

test("the signal informs a waiting handler that the client has gone", async () => {
  const started = gate();
  const aborted = gate();
  const { port } = await serve(async ({ signal }) => {
    started.resolve();
    signal.addEventListener("abort", () => aborted.resolve());
    await aborted.promise;
    return text("");
  });
  const client = rawClient(port);
  client.write(GET);
  await started.promise;
  client.socket.destroy();
  await aborted.promise;
});

test("a client that disconnects in the middle of a response: the iterator is ended", async () => {
  const returned = gate();
  const { port, reports } = await serve(async () => ({
    status: 200,
    headers: {},
    body: (async function* () {
      try {
        for (;;) yield Buffer.alloc(65_536);
      } finally {
        returned.resolve();
      }
    })(),
  }));
  const client = rawClient(port);
  client.write(GET);
  await client.saw("200 OK");
  client.socket.destroy();
  await returned.promise;
  expect(reports).toEqual([]);
});

test.each(["throws", "is short", "is long"])(
  "a streamed response that %s never looks complete",
  async (how) => {
    const { port, reports } = await serve(async () => ({
      status: 200,
      headers: how === "throws" ? noHeaders : { "content-length": "10" },
      body: (async function* () {
        yield Buffer.from("half");
        await new Promise(setImmediate);
        if (how === "throws") throw new Error("broken disk");
        if (how === "is long") yield Buffer.from("and much more");
      })(),
    }));
    const client = rawClient(port);
    client.write(GET);
    const answer = await client.closed();
    expect(answer).toContain("half");
    expect(answer).not.toContain("more");
    expect(answer).not.toContain("\r\n0\r\n\r\n");
    expect(reports).toHaveLength(1);
  },
);

test("the head of a stream does not wait for its first piece", async () => {
  const head = gate();
  const { port } = await serve(async () => ({
    status: 200,
    headers: {},
    body: (async function* () {
      await head.promise;
      yield Buffer.from("event");
    })(),
  }));
  const client = rawClient(port);
  client.write(GET);
  await client.saw("\r\n\r\n");
  head.resolve();
  await client.saw("event");
});

test("a response to HEAD keeps its Content-Length; 204 and 304 have none", async () => {
  const { port } = await serve(async ({ path }) =>
    text("", Number(path.slice(1)), { "content-length": "1234" }),
  );
  const client = rawClient(port);
  client.write(
    "HEAD /200 HTTP/1.1\r\nHost: h\r\n\r\nGET /204 HTTP/1.1\r\nHost: h\r\n\r\nGET /304 HTTP/1.1\r\nHost: h\r\n\r\n",
  );
  const answers = (await client.saw("304 Not Modified")).split("HTTP/1.1 ");
  expect(answers[1]).toMatch(/^200 OK\r\ncontent-length: 1234\r\n/);
  expect(answers[2]).toMatch(/^204 /);
  expect(answers[2]).not.toContain("content-length");
  expect(answers[3]).not.toContain("content-length");
});

test.each([
  ["a rejection", () => Promise.reject(new Error("secret"))],
  [
    "an exception",
    () => {
      throw new Error("secret");
    },
  ],
])("%s of the handler is reported and answered without details", async (_, handle) => {
  const { port, reports } = await serve(handle);
  const client = rawClient(port);
  client.write(GET);
  const answer = await client.saw("</Error>");
  expect(answer).toContain("500 Internal Server Error");
  expect(answer).not.toContain("secret");
  expect(reports).toHaveLength(1);
});

test("a response that HTTP cannot carry is reported as a bug, and the connection survives", async () => {
  const { port, reports } = await serve(async () => text("", 200, { "x-amz-meta-name": "two\nlines" }));
  const client = rawClient(port);
  client.write(GET);
  expect(await client.saw("</Error>")).toContain("500 Internal Server Error");
  expect(reports).toHaveLength(1);
});

test("an offer to upgrade to HTTP/2, as Java's client makes, is ignored", async () => {
  const { port } = await serve(async () => text("plain"));
  const client = rawClient(port);
  client.write(
    "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
  );
  await client.saw("plain");
});

test.each<Record<string, string>>([{}, { "content-length": "4" }])(
  "a Content-Disposition in Latin-1 is sent unchanged, %j",
  async (length) => {
    const disposition = { ...length, "content-disposition": 'attachment; filename="\xe9"' };
    const bytes = async function* () {
      yield Buffer.from("body");
    };
    for (const body of ["body", Buffer.from("body"), bytes()]) {
      const { port, reports } = await serve(async () => ({ status: 200, headers: disposition, body }));
      const client = rawClient(port);
      client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      expect(await client.saw("body")).toContain('filename="\xe9"');
      expect(reports).toEqual([]);
    }
  },
);
