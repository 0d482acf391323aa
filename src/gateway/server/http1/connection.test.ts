import { createHash } from "node:crypto";
import { createServer, METHODS } from "node:http";
import { type Duplex, duplexPair } from "node:stream";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { joinHeaders } from "../head.ts";
import type { Handle } from "../http.ts";
import { http1Server } from "../http1.ts";
import { LIMITS } from "../limits.ts";

/** A server without a port, with its reports. */
function server(handle: Handle) {
  const reports: unknown[] = [];
  const http = http1Server({ handle, report: (error) => void reports.push(error) }, LIMITS);
  onTestFinished(() => http.close());
  const accept = (): Duplex => {
    const [near, far] = duplexPair();
    http.accept(far);
    return near;
  };
  return { accept, reports };
}

/** Writes packet by packet, ends the sending side, and reads until the server has ended its side as well. */
async function converse(wire: Duplex, packets: readonly (string | Uint8Array)[]): Promise<string> {
  let seen = "";
  wire.on("error", () => {});
  const over = new Promise<void>((resolve) => {
    wire.setEncoding("latin1").on("data", (piece) => {
      seen += piece;
    });
    wire.on("end", resolve).on("close", resolve);
  });
  for (const packet of packets) {
    if (wire.destroyed) break;
    wire.write(typeof packet === "string" ? Buffer.from(packet, "latin1") : packet);
    await new Promise(setImmediate);
  }
  wire.end();
  await over;
  wire.destroy();
  return seen.replaceAll(/date: [^\r]*\r\n/g, "");
}

const digest = (bytes: Uint8Array | string) => createHash("sha1").update(bytes).digest("hex");

const echo: Handle = async ({ method, target, headers, body }) => {
  const bytes = await body.bytes(1_000_000);
  return { status: 200, headers: {}, body: JSON.stringify({ method, target, headers, body: digest(bytes) }) };
};

const cut = (wire: string, at: readonly number[]) => {
  const positions = [0, ...at.map((one) => one % wire.length).sort((a, b) => a - b), wire.length];
  return positions.slice(1).map((end, i) => wire.slice(positions[i], end));
};

const CONVERSATION =
  "\r\nPUT /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody" +
  "GET /2?x HTTP/1.1\r\nHost: h\r\n\r\n" +
  "POST /3 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;e\r\nabc\r\n0\r\nx: y\r\n\r\n" +
  "HEAD /4 HTTP/1.0\r\nConnection: close\r\n\r\n";

test("the responses do not depend on how a conversation is split into two packets", async () => {
  const { accept, reports } = server(echo);
  const whole = await converse(accept(), [CONVERSATION]);
  expect(whole.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(4);
  for (let at = 1; at < CONVERSATION.length; at++) {
    expect(await converse(accept(), cut(CONVERSATION, [at]))).toBe(whole);
  }
  expect(reports).toEqual([]);
});

test("or into three packets and more, down to single bytes", async () => {
  const { accept } = server(echo);
  const whole = await converse(accept(), [CONVERSATION]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(), { minLength: 2, maxLength: 20 }), async (at) => {
      expect(await converse(accept(), cut(CONVERSATION, at))).toBe(whole);
    }),
    { numRuns: 50 },
  );
  expect(await converse(accept(), CONVERSATION.split(""))).toBe(whole);
});

const token = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,20}$/);
const OF_THE_CONNECTION =
  /^(host|connection|content-length|transfer-encoding|expect|upgrade|keep-alive|proxy-connection|trailer|te)$/i;
const validRequest = fc.record({
  method: fc.constantFrom(...METHODS.filter((method) => method !== "CONNECT")),
  target: fc.stringMatching(/^\/[!$%&'()*+,\-./0-9:;=?@A-Z_a-z~]{0,40}$/),
  headers: fc.array(
    fc.tuple(
      token.filter((name) => !OF_THE_CONNECTION.test(name)),
      fc.stringMatching(/^[ \t]{0,2}([!-~\xa1-\xff]([ -~\xa1-\xff]{0,30}[!-~\xa1-\xff])?)?[ \t]{0,2}$/),
    ),
    { maxLength: 12 },
  ),
  body: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
  isChunked: fc.boolean(),
});

test("valid requests are parsed as Node's own parser does", async () => {
  const { accept, reports } = server(echo);
  const node = createServer(async (message, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk);
    const { method, url: target } = message;
    const headers = joinHeaders(message.rawHeaders);
    answer.end(JSON.stringify({ method, target, headers, body: digest(Buffer.concat(chunks)) }));
  });
  const acceptByNode = () => {
    const [near, far] = duplexPair();
    node.emit("connection", far);
    return near;
  };
  const bodyOf = (answer: string) => JSON.parse(/\{.*\}/s.exec(answer)![0]);
  await fc.assert(
    fc.asyncProperty(validRequest, async ({ method, target, headers, body, isChunked }) => {
      fc.pre(method !== "HEAD");
      const framing = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${body.length}`;
      const lines = headers.map(([name, value]) => `${name}:${value}`);
      const head = [`${method} ${target} HTTP/1.1`, "Host: h", framing, "Connection: close", ...lines];
      const chunk = body === "" ? "" : `${body.length.toString(16)}\r\n${body}\r\n`;
      const wire = `${head.join("\r\n")}\r\n\r\n${isChunked ? `${chunk}0\r\n\r\n` : body}`;
      const [ours, theirs] = [await converse(accept(), [wire]), await converse(acceptByNode(), [wire])];
      expect(bodyOf(ours)).toEqual(bodyOf(theirs));
    }),
    { numRuns: 200 },
  );
  expect(reports).toEqual([]);
});

test("any bytes end in responses or a close, and never in a report", async () => {
  const { accept, reports } = server(echo);
  const scraps = fc.array(
    fc.oneof(
      fc.constantFrom(
        ...[
          "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
          "PUT / HTTP/1.1\r\nHost: h\r\n",
          "Content-Length: 3\r\n\r\n",
        ],
        ...[
          "Transfer-Encoding: chunked\r\n\r\n",
          "3\r\nabc\r\n",
          "0\r\n\r\n",
          "\r\n",
          "\n",
          "Expect: 100-continue\r\n",
        ],
      ),
      fc.uint8Array({ maxLength: 20 }),
    ),
    { maxLength: 15 },
  );
  await fc.assert(
    fc.asyncProperty(scraps, async (packets) => {
      const answers = await converse(accept(), packets);
      if (answers !== "") expect(answers).toMatch(/^HTTP\/1\.1 (100|200|400|413|417|431) /);
    }),
    { numRuns: 500 },
  );
  expect(reports).toEqual([]);
});

test("a client that has closed its side still receives its response, and its signal is aborted", async () => {
  const aborted = Promise.withResolvers<void>();
  const { accept, reports } = server(async ({ signal }) => {
    signal.addEventListener("abort", () => aborted.resolve());
    if (!signal.aborted) await aborted.promise;
    return { status: 200, headers: {}, body: "after all" };
  });
  const answers = await converse(accept(), ["GET / HTTP/1.1\r\nHost: h\r\n\r\n"]);
  expect(answers).toMatch(/connection: close\r\n\r\nafter all$/);
  expect(reports).toEqual([]);
});

test("a body that ends too early is incomplete, and its sender may still receive an error", async () => {
  const { accept, reports } = server(echo);
  const answers = await converse(accept(), ["PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc"]);
  expect(answers).toMatch(/^HTTP\/1\.1 400 [\s\S]*connection: close/);
  expect(reports).toEqual([]);
});

test("HTTP/1.0: one response, then the end, unless the client requests otherwise", async () => {
  const { accept } = server(echo);
  const once = await converse(accept(), ["GET / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\n\r\n"]);
  expect(once.match(/HTTP\/1\.1 200/g)).toHaveLength(1);
  const kept = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  const twice = await converse(accept(), [kept + kept]);
  expect(twice.match(/connection: keep-alive/g)).toHaveLength(2);
});

test("a client that pipelines faster than it is answered is paused", async () => {
  const first = Promise.withResolvers<void>();
  const { accept } = server(async () => {
    await first.promise;
    return { status: 200, headers: {}, body: "" };
  });
  const wire = accept();
  const request = Buffer.from("GET / HTTP/1.1\r\nHost: h\r\n\r\n".repeat(200));
  let sent = 0;
  while (wire.write(request) && sent < 1_000) {
    sent++;
    await new Promise(setImmediate);
  }
  expect(sent * request.length).toBeLessThan(400_000);
  first.resolve();
  await new Promise((resolve) => wire.on("drain", resolve).resume());
});

/** Only unread bodies that are short and have a Content-Length keep the connection. */
const isRead = (i: number) => i % 6 !== 1;

test("thousands of requests in one stream are all answered, in order", async () => {
  const { accept, reports } = server(async ({ path, body }) => {
    const read = isRead(Number(path.slice(1))) ? digest(await body.bytes(100_000)) : "nothing";
    return { status: 200, headers: {}, body: `<${path} ${read}>` };
  });
  const expected: string[] = [];
  let stream = "";
  for (let i = 0; i < 3_000; i++) {
    const body = "x".repeat((i * 37) % (i % 100 === 0 ? 60_000 : 300));
    const [framing, sent] =
      i % 3 === 0
        ? ["Transfer-Encoding: chunked", `${body && `${body.length.toString(16)}\r\n${body}\r\n`}0\r\n\r\n`]
        : [`Content-Length: ${body.length}`, body];
    stream += `PUT /${i} HTTP/1.1\r\nHost: h\r\n${framing}\r\n\r\n${sent}`;
    expected.push(`</${i} ${isRead(i) ? digest(body) : "nothing"}>`);
  }
  const packets = stream.match(/[\s\S]{1,20011}/g)!;
  const answers = await converse(accept(), packets);
  expect(answers.match(/<\/\d+ \w+>/g)).toEqual(expected);
  expect(reports).toEqual([]);
});

test("a request whose sender closes its side at once is answered", async () => {
  const { accept } = server(echo);
  const wire = accept();
  wire.write("GET /last HTTP/1.1\r\nHost: h\r\n\r\n");
  wire.end();
  let seen = "";
  for await (const piece of wire.setEncoding("latin1")) seen += piece;
  expect(seen).toMatch(/^HTTP\/1.1 200 OK\r\n/);
});
