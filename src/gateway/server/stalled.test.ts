import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectHttp2, constants } from "node:http2";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { expect, onTestFinished, test, vi } from "vitest";
import { certificates } from "./certificates.ts";
import type { HttpResponse } from "./http.ts";
import { gate, serve } from "./testing.ts";

vi.setConfig({ testTimeout: 60_000 });
// The server counts ticks, which this test triggers itself, so a slow test machine cannot cause a timeout.
vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });

const PATIENCE = 250;
const TICK = PATIENCE / 5;
const limits = { writeIdleTimeout: PATIENCE, headCheckInterval: TICK, streamWindow: 2 ** 16 };
const GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
/** More than socket buffers hold. */
const LONG = Buffer.alloc(30 * 2 ** 20);
const MANY_PATIENCES = PATIENCE * 6;

/** Lets every socket make progress. */
const turn = () => new Promise(setImmediate);

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += TICK) {
    vi.advanceTimersByTime(TICK);
    await turn();
  }
}

/** Advances the time until the event has happened. */
async function passUntil(event: Promise<unknown>): Promise<void> {
  let hasHappened = false;
  event.finally(() => {
    hasHappened = true;
  });
  while (!hasHappened) await pass(TICK);
}

/** Reads a part of a response as slowly as a client that takes many timeouts for the whole. */
async function readSlowly(piece: Buffer, whole: number): Promise<void> {
  vi.advanceTimersByTime((MANY_PATIENCES * piece.length) / whole);
  await turn();
}

function certificate() {
  const folder = mkdtempSync(join(tmpdir(), "nube-tls-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return certificates({ folder, hosts: ["localhost"], suffixes: ["localhost"] });
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield LONG.subarray(0, 2 ** 16);
}

async function asking(port: number, language: "plain" | "TLS"): Promise<Socket> {
  const socket =
    language === "TLS"
      ? connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false })
      : connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  socket.write(GET);
  return socket;
}

test.each<["plain" | "TLS", string, () => HttpResponse["body"]]>([
  ["plain", "a whole answer", () => LONG],
  ["plain", "a streamed answer", endless],
  ["TLS", "a whole answer", () => LONG],
  ["TLS", "a streamed answer", endless],
])("%s: %s that the client does not read ends its connection", async (language, _, body) => {
  const answered = gate();
  const { port, close, reports } = await serve(
    async () => {
      answered.resolve();
      return { status: 200, headers: {}, body: body() };
    },
    { limits, certificates: certificate() },
  );
  (await asking(port, language)).pause();
  await answered.promise;
  // It waits for the last response.
  await passUntil(close({ graceMs: 60_000 }));
  expect(reports).toEqual([]);
});

test.each(["plain", "TLS"] as const)("%s: a slow reader is kept", async (language) => {
  const { port } = await serve(async () => ({ status: 200, headers: {}, body: LONG }), {
    limits,
    certificates: certificate(),
  });
  const socket = await asking(port, language);
  let seen = 0;
  for await (const piece of socket) {
    seen += piece.length;
    await readSlowly(piece, LONG.length);
    if (seen > LONG.length) break;
  }
  expect(seen).toBeGreaterThan(LONG.length);
});

test("a client that waits for a response is kept", async () => {
  const { port } = await serve(
    async ({ path }) => {
      if (path === "/poll") await pass(MANY_PATIENCES);
      async function* events() {
        yield Buffer.from("first ");
        await pass(MANY_PATIENCES);
        yield Buffer.from("second");
      }
      return { status: 200, headers: {}, body: path === "/poll" ? "polled" : events() };
    },
    { limits },
  );
  const session = connectHttp2(`http://localhost:${port}`);
  onTestFinished(() => session.destroy());
  const answers = ["/poll", "/events"].flatMap((path) => [
    fetch(`http://localhost:${port}${path}`).then((answer) => answer.text()),
    textOf(session.request({ ":path": path })),
  ]);
  expect(await Promise.all(answers)).toEqual(["polled", "polled", "first second", "first second"]);
});

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = "";
  for await (const piece of stream) text += piece;
  return text;
}

test.each<[string, () => HttpResponse["body"]]>([
  ["a short answer", () => "short"],
  ["a whole answer", () => LONG],
  ["a streamed answer", endless],
])("HTTP/2: %s without a window is reset, and other streams continue", async (_, body) => {
  const { port, reports } = await serve(
    async ({ path }) => ({ status: 200, headers: {}, body: path === "/" ? body() : "" }),
    { limits },
  );
  const session = connectHttp2(`http://localhost:${port}`, { settings: { initialWindowSize: 0 } });
  onTestFinished(() => session.destroy());
  const stream = session.request({ ":path": "/" });
  stream.on("error", () => {});
  const closed = new Promise((resolve) => stream.once("close", resolve));
  stream.resume();
  await passUntil(closed);
  expect(stream.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
  expect(await textOf(session.request({ ":path": "/empty" }))).toBe("");
  expect(reports).toEqual([]);
});

test.each<[string, () => HttpResponse["body"]]>([
  ["a whole answer", () => LONG.subarray(0, 3_000_000)],
  [
    "a streamed answer",
    async function* () {
      for (let at = 0; at < 3_000_000; at += 100_000) yield LONG.subarray(at, at + 100_000);
    },
  ],
])("HTTP/2: %s may be read slowly", async (_, body) => {
  const { port } = await serve(async () => ({ status: 200, headers: {}, body: body() }), { limits });
  const session = connectHttp2(`http://localhost:${port}`);
  onTestFinished(() => session.destroy());
  let seen = 0;
  for await (const piece of session.request({ ":path": "/" })) {
    seen += (piece as Buffer).length;
    await readSlowly(piece as Buffer, 3_000_000);
  }
  expect(seen).toBe(3_000_000);
});
