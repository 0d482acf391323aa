import { type ClientHttp2Session, connect, constants, type OutgoingHttpHeaders } from "node:http2";
import { connect as connectTcp } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { HttpRequest } from "./http.ts";
import { ClientGoneError } from "./request-body.ts";
import { gate, serve, text } from "./testing.ts";

function session(port: number): ClientHttp2Session {
  const client = connect(`http://localhost:${port}`, { settings: { enablePush: false } });
  client.on("error", () => {});
  onTestFinished(() => void client.destroy());
  return client;
}

async function call(client: ClientHttp2Session, head: OutgoingHttpHeaders, body = "") {
  const stream = client.request(head);
  if (body !== "") stream.end(body);
  let headers: OutgoingHttpHeaders = {};
  stream.on("response", (received) => {
    headers = received;
  });
  let answer = "";
  for await (const piece of stream) answer += piece;
  return { headers, body: answer };
}

test("with prior knowledge: the same request, and many concurrent ones", async () => {
  const seen: HttpRequest[] = [];
  const { port } = await serve(async (request) => {
    seen.push(request);
    return text(`<${Buffer.from(await request.body.bytes(100))}>`, 200, { "x-amzn-requestid": "1" });
  });
  const client = session(port);
  const bodies = Array.from({ length: 100 }, (_, i) => `body ${i}`);
  const head = { ":method": "POST", ":path": "/a//b?c", "x-amz-target": "Kinesis_20131202.PutRecord" };
  const answers = await Promise.all(bodies.map((body) => call(client, head, body)));
  expect(answers.map((answer) => answer.body)).toEqual(bodies.map((body) => `<${body}>`));
  expect(answers[0]!.headers).toMatchObject({
    ":status": 200,
    "content-length": "8",
    "x-amzn-requestid": "1",
  });
  expect(seen[0]).toMatchObject({
    path: "/a//b",
    rawQuery: "c",
    host: `localhost:${port}`,
    httpVersion: "2.0",
    secure: false,
  });
  expect(seen[0]!.headers).toMatchObject({
    host: `localhost:${port}`,
    "x-amz-target": "Kinesis_20131202.PutRecord",
  });
  // A client may sign it in place of `host`.
  const pseudo = Object.entries(seen[0]!.headers).filter(([name]) => name.startsWith(":"));
  expect(pseudo).toEqual([[":authority", `localhost:${port}`]]);
});

test("a host that differs from the authority is rejected: a signature for one would be valid for the other", async () => {
  const { port } = await serve(async ({ host }) => text(host));
  const client = session(port);
  const head = { ":path": "/", ":authority": "a.s3.localhost" };
  expect((await call(client, { ...head, host: "b.s3.localhost" })).headers).toMatchObject({ ":status": 400 });
  expect((await call(client, { ...head, host: "A.s3.localhost" })).body).toBe("a.s3.localhost");
});

test("HEAD, 204, an empty answer and a rejection", async () => {
  const { port, reports } = await serve(async ({ path }) => {
    if (path === "/bug") throw new Error("secret");
    if (path === "/unsendable") return text("", 200, { connection: "close" });
    return text("", path === "/204" ? 204 : 200, path === "/head" ? { "content-length": "42" } : {});
  });
  const client = session(port);
  expect((await call(client, { ":method": "HEAD", ":path": "/head" })).headers["content-length"]).toBe("42");
  expect((await call(client, { ":path": "/204" })).headers[":status"]).toBe(204);
  expect((await call(client, { ":path": "/" })).body).toBe("");
  expect(await call(client, { ":path": "/bug" })).toMatchObject({ headers: { ":status": 500 } });
  expect(await call(client, { ":path": "/unsendable" })).toMatchObject({ headers: { ":status": 500 } });
  expect(reports).toHaveLength(2);
});

test("Expect: 100 Continue is sent with the first pull", async () => {
  const pull = gate();
  const { port } = await serve(async ({ body }) => {
    await pull.promise;
    return text(Buffer.from(await body.bytes(10)).toString());
  });
  const stream = session(port).request({ ":method": "PUT", expect: "100-continue" });
  let invited = false;
  stream.on("continue", () => {
    invited = true;
    stream.end("body");
  });
  pull.resolve();
  let answer = "";
  for await (const piece of stream) answer += piece;
  expect([invited, answer]).toEqual([true, "body"]);
});

test("a response before the end of the request stops the upload without harm", async () => {
  const { port, reports } = await serve(async () => text("refused", 403));
  const stream = session(port).request({ ":method": "PUT" });
  stream.on("error", () => {});
  stream.write(Buffer.alloc(2 ** 22));
  let answer = "";
  for await (const piece of stream) answer += piece;
  expect(answer).toBe("refused");
  expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
  expect(reports).toEqual([]);
});

test.each(["the stream is reset", "the connection breaks"])(
  "%s: body and signal are informed",
  async (how) => {
    const error = gate<unknown>();
    const aborted = gate();
    const started = gate();
    const { port } = await serve(async ({ body, signal }) => {
      signal.addEventListener("abort", () => aborted.resolve());
      const read = Promise.try(() => body.bytes(100));
      started.resolve();
      read.catch(error.resolve);
      await read;
      return text("");
    });
    const client = session(port);
    // Node's client ends a cancelled stream regularly; only the declared length distinguishes that from a
    // complete one.
    const stream = client.request({ ":method": "PUT", "content-length": 10 });
    stream.on("error", () => {});
    stream.write("abc");
    await started.promise;
    if (how === "the stream is reset") stream.close(constants.NGHTTP2_CANCEL);
    else client.destroy();
    expect(await error.promise).toBeInstanceOf(ClientGoneError);
    await aborted.promise;
  },
);

test("an error in the middle of a response resets the stream, and the connection survives", async () => {
  const { port, reports } = await serve(async ({ path }) => ({
    status: 200,
    headers: {},
    body: (async function* () {
      yield Buffer.from("half");
      await new Promise(setImmediate);
      if (path === "/broken") throw new Error("broken disk");
    })(),
  }));
  const client = session(port);
  await expect(call(client, { ":path": "/broken" })).rejects.toThrow("NGHTTP2_INTERNAL_ERROR");
  expect((await call(client, { ":path": "/whole" })).body).toBe("half");
  expect(reports).toHaveLength(1);
});

test("a body that is shorter than its length is an error", async () => {
  const error = gate<unknown>();
  const { port } = await serve(async ({ body }) => {
    const read = Promise.try(() => body.bytes(100));
    read.then(() => error.resolve("no error"), error.resolve);
    await read;
    return text("");
  });
  const stream = session(port).request({ ":method": "PUT", "content-length": 10 });
  stream.on("error", () => {});
  stream.end("abc");
  expect(await error.promise).toBeInstanceOf(ClientGoneError);
});

test("a storm of resets ends the connection", async () => {
  const { port } = await serve(async ({ body }) => text(String(await body.bytes(1))), {
    limits: { resetBurst: 20, resetsPerSecond: 1 },
  });
  const client = session(port);
  const closed = new Promise((resolve) => client.once("close", resolve));
  for (let i = 0; i < 100 && !client.destroyed; i++) {
    const stream = client.request({ ":method": "PUT" });
    stream.on("error", () => {});
    stream.once("ready", () => stream.close(constants.NGHTTP2_CANCEL));
  }
  await closed;
});

/** A frame of HTTP/2 (RFC 9113, 4.1) on stream `id`. */
function frame(type: number, flags: number, id: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
}

const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const GOAWAY = 7;
const WINDOW_UPDATE = 8;
const END_STREAM = 1;
const END_OF_BOTH = 5;

/** Sends `GET /` on stream 1, and waits for frames of its response. */
function frameClient(port: number) {
  const socket = connectTcp(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const frames: { type: number; size: number; isLast: boolean }[] = [];
  let received = Buffer.alloc(0);
  let wake = () => {};
  socket.on("data", (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
    while (received.length >= 9 && received.length >= 9 + received.readUIntBE(0, 3)) {
      const [size, type, flags] = [received.readUIntBE(0, 3), received[3]!, received[4]!];
      const isLast = type === RST_STREAM || (flags & END_STREAM) !== 0;
      if (received.readUInt32BE(5) === 1) frames.push({ type, size, isLast });
      received = received.subarray(9 + size);
    }
    wake();
  });
  // `:method`, `:path`, `:scheme`, `:authority` (RFC 7541).
  const head = Buffer.from([0x82, 0x84, 0x86, 0x41, 1, 0x68]);
  socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  socket.write(Buffer.concat([frame(SETTINGS, 0, 0), frame(HEADERS, END_OF_BOTH, 1, head)]));
  return {
    frames,
    widen(id: number) {
      socket.write(frame(WINDOW_UPDATE, 0, id, Buffer.from([0, 0, 0, 1])));
    },
    async until(condition: () => boolean): Promise<void> {
      while (!condition()) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

test("a response that ends where the client's window is full is not reset", async () => {
  const body = async function* () {
    yield Buffer.alloc(INITIAL_WINDOW);
  };
  const { port } = await serve(async () => ({ status: 200, headers: {}, body: body() }));
  const { frames, widen, until } = frameClient(port);
  const length = () => frames.reduce((sum, { type, size }) => sum + (type === DATA ? size : 0), 0);
  await until(() => length() === INITIAL_WINDOW);
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
  widen(0);
  widen(1);
  await until(() => frames.some(({ isLast }) => isLast));
  expect(frames.at(-1)!.type).toBe(DATA);
});

/** In bytes (RFC 9113, 6.9.2). */
const INITIAL_WINDOW = 65_535;

test("an empty response is complete with its head", async () => {
  const { port } = await serve(async () => text(""));
  const { frames, until } = frameClient(port);
  await until(() => frames.some(({ isLast }) => isLast));
  expect(frames.map(({ type }) => type)).toEqual([HEADERS]);
});

test("a client whose compressed heads expand beyond the limit is disconnected, and its valid requests are answered", async () => {
  const { port } = await serve(async () => text("answered"), { limits: { headCheckInterval: 20 } });
  const socket = connectTcp(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let received = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("data", (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
  });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const long = Buffer.from(`x-long${"\0".repeat(3)}${"a".repeat(3_900)}`);
  long.set([127, 0xbd, 0x1d], 6);
  // `:method`, `:path`, `:scheme`, `:authority`; a name and a long value, which the table keeps (RFC 7541, 6.2.1).
  const first = Buffer.concat([Buffer.from([0x82, 0x84, 0x86, 0x41, 1, 0x68, 0x40, 6]), long]);
  // The last table entry, a thousand times.
  const bomb = Buffer.concat([Buffer.from([0x82, 0x84, 0x86, 0xbf]), Buffer.alloc(1_000, 0xbe)]);
  socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  socket.write(frame(SETTINGS, 0, 0));
  socket.write(frame(HEADERS, END_OF_BOTH, 1, first));
  for (let id = 3; id < 403; id += 2) socket.write(frame(HEADERS, END_OF_BOTH, id, bomb));
  await closed;
  expect(received.toString("latin1")).toContain("answered");
  const farewell = Buffer.from([0, 0, 8, GOAWAY, 0, 0, 0, 0, 0]);
  expect(received.readUInt32BE(received.indexOf(farewell) + 13)).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
});
