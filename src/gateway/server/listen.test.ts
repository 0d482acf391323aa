import { Agent, request } from "node:http";
import { connect } from "node:http2";
import { expect, onTestFinished, test } from "vitest";
import type { HttpResponse } from "./http.ts";
import { gate, rawClient, serve, text } from "./testing.ts";

const GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const MIB = 2 ** 20;

test("the first bytes may arrive one by one", async () => {
  const { port } = await serve(async ({ method }) => text(`<${method}>`));
  const client = rawClient(port);
  for (const byte of "PROPFIND / HTTP/1.1\r\nHost: h\r\n\r\n") {
    client.write(byte);
    await new Promise(setImmediate);
  }
  await client.saw("<PROPFIND>");
});

test("without certificates a TLS client is disconnected", async () => {
  const { port } = await serve(async () => text(""));
  const client = rawClient(port);
  client.write("\x16\x03\x01");
  expect(await client.closed()).toBe("");
});

test("connections above the limit are closed at once", async () => {
  const { port } = await serve(async () => text("served"), { limits: { connections: 1 } });
  const first = rawClient(port);
  first.write(GET);
  await first.saw("served");
  expect(await rawClient(port).closed()).toBe("");
});

test("close: idle connections end at once, a response in progress is completed, and no connection is left", async () => {
  const started = gate();
  const answer = gate<HttpResponse>();
  const { port, close } = await serve(({ path }) => {
    if (path === "/idle") return Promise.resolve(text("idle"));
    started.resolve();
    return answer.promise;
  });
  const idle = rawClient(port);
  idle.write("GET /idle HTTP/1.1\r\nHost: h\r\n\r\n");
  await idle.saw("\r\n\r\nidle");
  const silent = rawClient(port);
  const busy = rawClient(port);
  busy.write(GET);
  await started.promise;
  const closed = close({ graceMs: 60_000 });
  await idle.closed();
  await silent.closed();
  expect(await rawClient(port).closed()).toBe("");
  answer.resolve(text("last words"));
  const last = await busy.closed();
  expect(last).toContain("last words");
  expect(last.toLowerCase()).toContain("connection: close");
  await closed;
});

test("close: HTTP/2 streams are completed, and their session ends", async () => {
  const started = gate();
  const answer = gate<HttpResponse>();
  const { port, close } = await serve(() => {
    started.resolve();
    return answer.promise;
  });
  const session = connect(`http://localhost:${port}`);
  const stream = session.request({ ":path": "/" });
  await started.promise;
  const closed = close({ graceMs: 60_000 });
  answer.resolve(text("last words"));
  let body = "";
  for await (const piece of stream) body += piece;
  expect(body).toBe("last words");
  await closed;
});

test("close: connections that outlive the grace period are destroyed", async () => {
  const started = gate();
  const { port, close } = await serve(() => {
    started.resolve();
    return new Promise(() => {});
  });
  const client = rawClient(port);
  client.write(GET);
  await started.promise;
  await close({ graceMs: 5 });
  expect(await client.closed()).toBe("");
});

test("a port in use makes listen reject", async () => {
  const { port } = await serve(async () => text(""));
  await expect(serve(async () => text(""), { port })).rejects.toMatchObject({ code: "EADDRINUSE" });
});

test("a client that does not read pauses the source of its response", async () => {
  let pulled = 0;
  const { port } = await serve(async () => ({
    status: 200,
    headers: {},
    body: (async function* () {
      for (; pulled < 1_000; pulled++) yield Buffer.alloc(MIB);
    })(),
  }));
  const client = rawClient(port);
  client.socket.pause();
  client.write(GET);
  let before = -1;
  while (pulled === 0 || pulled > before) {
    before = pulled;
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  }
  expect(pulled).toBeLessThan(100);
});

test("200 MB are transferred at the pace of the slower side, in bounded memory", async () => {
  const total = 200 * MIB;
  const { port } = await serve(async ({ body, headers }) => ({
    status: 200,
    headers: { "content-length": headers["content-length"]! },
    body,
  }));
  const agent = new Agent();
  onTestFinished(() => agent.destroy());
  let most = 0;
  let received = 0;
  const before = process.memoryUsage().rss;
  await new Promise<void>((resolve, reject) => {
    const upload = request({ port, agent, method: "PUT", headers: { "content-length": total } }, (answer) => {
      answer.on("data", (piece: Buffer) => {
        received += piece.length;
        most = Math.max(most, process.memoryUsage.rss() - before);
      });
      answer.on("end", resolve).on("error", reject);
    });
    upload.on("error", reject);
    const piece = Buffer.alloc(MIB);
    let sent = 0;
    const push = () => {
      while (sent < total) {
        sent += MIB;
        if (!upload.write(piece)) return void upload.once("drain", push);
      }
      upload.end();
    };
    push();
  });
  expect(received).toBe(total);
  expect(most).toBeLessThan(150 * MIB);
});
