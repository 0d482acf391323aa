import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import type { HttpRequest } from "./http.ts";
import { BodyStalledError } from "./request-body.ts";
import { gate, rawClient, serve, text } from "./testing.ts";

// The server counts ticks, which this test triggers itself, so a slow test machine cannot cause a timeout.
vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });

const PATIENCE = 250;
const TICK = PATIENCE / 5;
const PROGRESS = 1_000;
const limits = {
  bodyIdleTimeout: PATIENCE,
  bodyProgressBytes: PROGRESS,
  keepAliveTimeout: PATIENCE,
  headTimeout: PATIENCE,
  headCheckInterval: TICK,
  readAheadBytes: 20_000,
};

const turn = () => new Promise(setImmediate);

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += TICK) {
    vi.advanceTimersByTime(TICK);
    await turn();
  }
}

/** A request whose body the test writes. */
interface Upload {
  write(bytes: Buffer): void;
  end(): void;
  /** The whole response, once it has arrived. */
  answer: Promise<string>;
}

const UPLOADS: Record<string, (port: number) => Upload> = {
  "HTTP/1.1": (port) => {
    const client = rawClient(port);
    client.write("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
    return {
      write: (bytes) => void client.socket.write(bytes),
      end: () => {},
      answer: client.closed(),
    };
  },
  "HTTP/1.1 in chunks": (port) => {
    const client = rawClient(port);
    client.write("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
    return {
      write: (bytes) => client.write(`${bytes.length.toString(16)}\r\n${bytes.toString("latin1")}\r\n`),
      end: () => client.write("0\r\n\r\n"),
      answer: client.closed(),
    };
  },
  "HTTP/2": (port) => {
    const session = connectHttp2(`http://localhost:${port}`);
    onTestFinished(() => session.destroy());
    const stream = session.request({ ":method": "PUT", ":path": "/" });
    stream.on("error", () => {});
    return {
      write: (bytes) => void stream.write(bytes),
      end: () => void stream.end(),
      answer: new Promise((resolve) => {
        let answer = "";
        stream.on("data", (piece) => {
          answer += piece;
        });
        stream.once("close", () => resolve(answer));
      }),
    };
  },
};
const PROTOCOLS = Object.keys(UPLOADS);

async function outcomeOf(read: () => Promise<unknown>): Promise<string> {
  try {
    return `read ${await read()}`;
  } catch (error) {
    return error instanceof BodyStalledError ? "stalled" : String(error);
  }
}

async function read(body: HttpRequest["body"], piece: (bytes: Uint8Array) => void = () => {}) {
  let size = 0;
  for await (const bytes of body) {
    size += bytes.length;
    piece(bytes);
  }
  return size;
}

test.each(
  PROTOCOLS.flatMap((protocol) => [
    [protocol, "read whole", async ({ body }: HttpRequest) => (await body.bytes(2_000_000)).length] as const,
    [protocol, "streamed", async ({ body }: HttpRequest) => read(body)] as const,
  ]),
)("%s: a body that trickles is given up when it is %s", async (protocol, _, consume) => {
  const begun = gate();
  const { port } = await serve(
    async (request) => {
      begun.resolve();
      return text(await outcomeOf(() => consume(request)));
    },
    { limits },
  );
  const upload = UPLOADS[protocol]!(port);
  await begun.promise;
  let answer: string | undefined;
  upload.answer.then((whole) => {
    answer = whole;
  });
  for (let passed = 0; answer === undefined && passed < 20 * PATIENCE; passed += TICK) {
    upload.write(Buffer.from("x"));
    await pass(TICK);
  }
  expect(answer).toContain("stalled");
});

test.each(PROTOCOLS)("%s: a slow but steady body is kept", async (protocol) => {
  let arrived = 0;
  let wake = () => {};
  const { port } = await serve(
    async ({ body }) =>
      text(
        await outcomeOf(() =>
          read(body, ({ length }) => {
            arrived += length;
            wake();
          }),
        ),
      ),
    { limits },
  );
  const upload = UPLOADS[protocol]!(port);
  const size = protocol === "HTTP/1.1" ? 1_000_000 : 20 * PROGRESS;
  for (let sent = 0; sent < 20 * PROGRESS; sent += PROGRESS) {
    upload.write(Buffer.alloc(PROGRESS / 2, "x"));
    upload.write(Buffer.alloc(PROGRESS / 2, "x"));
    while (arrived < sent + PROGRESS) await new Promise<void>((resolve) => (wake = resolve));
    await pass(PATIENCE - TICK);
  }
  upload.write(Buffer.alloc(size - 20 * PROGRESS, "x"));
  upload.end();
  if (protocol === "HTTP/1.1") while (arrived < size) await new Promise<void>((resolve) => (wake = resolve));
  else expect(await upload.answer).toContain(`read ${size}`);
  expect(arrived).toBe(size);
});

test.each(PROTOCOLS)("%s: the client is not blamed for a slow reader that pauses it", async (protocol) => {
  const begun = gate();
  const rested = gate();
  let arrived = 0;
  let wake = () => {};
  const { port } = await serve(
    async ({ body }) =>
      text(
        await outcomeOf(async () => {
          for await (const { length } of body) {
            arrived += length;
            begun.resolve();
            wake();
            await rested.promise;
          }
          return arrived;
        }),
      ),
    { limits },
  );
  const upload = UPLOADS[protocol]!(port);
  upload.write(Buffer.alloc(1_000, "x"));
  await begun.promise;
  for (let n = 0; n < 20; n++) upload.write(Buffer.alloc(20_000, "x"));
  await pass(4 * PATIENCE);
  rested.resolve();
  while (arrived < 401_000) await new Promise<void>((resolve) => (wake = resolve));
  await pass(PATIENCE - TICK);
  upload.write(Buffer.alloc(599_000, "x"));
  upload.end();
  while (arrived < 1_000_000) await new Promise<void>((resolve) => (wake = resolve));
  expect(arrived).toBe(1_000_000);
});

/** A connection that sends the preface of HTTP/2 and empty settings. */
async function rawHttp2(port: number) {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {}).resume();
  socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
  let isClosed = false;
  socket.once("close", () => {
    isClosed = true;
  });
  await new Promise((resolve) => socket.once("data", resolve));
  return { socket, isClosed: () => isClosed };
}

const PING = Buffer.concat([Buffer.from([0, 0, 8, 6, 0, 0, 0, 0, 0]), Buffer.alloc(8)]);
/** The start of a frame of 10,000 bytes with headers. */
const ENDLESS_HEAD = Buffer.from([0, 0x27, 0x10, 1, 4, 0, 0, 0, 1]);

test.each([
  ["pings", PING, PING],
  ["bytes of a head that never ends", ENDLESS_HEAD, Buffer.from([0])],
])("HTTP/2: %s do not keep a connection without requests", async (_, first, more) => {
  const { port } = await serve(async () => text(""), { limits });
  const { socket, isClosed } = await rawHttp2(port);
  socket.write(first);
  for (let passed = 0; !isClosed() && passed < 20 * PATIENCE; passed += TICK) {
    socket.write(more);
    await pass(TICK);
  }
  expect(isClosed()).toBe(true);
});

test("HTTP/2: a connection with a request in progress is kept", async () => {
  const done = gate();
  const { port } = await serve(
    async () => {
      await done.promise;
      return text("polled");
    },
    { limits },
  );
  const session = connectHttp2(`http://localhost:${port}`);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ":path": "/" });
  stream.end();
  await new Promise((resolve) => session.ping(resolve));
  await pass(10 * PATIENCE);
  done.resolve();
  let answer = "";
  for await (const piece of stream) answer += piece;
  expect(answer).toBe("polled");
});
