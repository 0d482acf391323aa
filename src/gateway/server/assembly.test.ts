import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:http2";
import { text as read } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { assembly, BodyDismissedError } from "./assembly.ts";
import type { Handle } from "./http.ts";
import { rawClient, serve, text } from "./testing.ts";

test("the oldest body is dismissed first, and completed ones no longer count", () => {
  const dismissed: string[] = [];
  const all = assembly(100);
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) =>
    all.begin((error) => {
      expect(error).toBeInstanceOf(BodyDismissedError);
      dismissed.push(name);
    }),
  );
  a!.has(10);
  b!.has(40);
  c!.has(50);
  c!.end();
  d!.has(50);
  expect(dismissed).toEqual([]);
  d!.has(51);
  expect(dismissed).toEqual(["a"]);
  a!.has(90);
  b!.has(49);
  expect(dismissed).toEqual(["a"]);
  d!.has(101);
  expect(dismissed).toEqual(["a", "b", "d"]);
});

const PORTION = 80_000;

/** A client that sends part of its body and then nothing, and the status that it finally receives. */
const STALLED = {
  "HTTP/1.1": async (port: number) => {
    const client = rawClient(port);
    client.write(`PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: 90000\r\n\r\n${"a".repeat(PORTION)}`);
    return Number((await client.closed()).slice(9, 12));
  },
  "HTTP/2": async (port: number) => {
    const session = connect(`http://127.0.0.1:${port}`);
    onTestFinished(() => session.destroy());
    const stream = session.request({ ":method": "PUT", ":path": "/" });
    stream.write("a".repeat(PORTION));
    const [headers] = await once(stream, "response");
    return headers[":status"];
  },
};

test.each(Object.entries(STALLED))("%s: a stalled body is dismissed for new ones", async (_, stall) => {
  const handle: Handle = async ({ body }) => {
    try {
      return text(`read ${(await body.bytes(100_000)).length}`);
    } catch (error) {
      if (error instanceof BodyDismissedError) return text("dismissed", error.status);
      throw error;
    }
  };
  const { port } = await serve(handle, { limits: { assembledBytes: 100_000 } });
  const send = () =>
    new Promise<string>((resolve) => {
      const call = request({ port, method: "PUT" }, (answer) => resolve(read(answer)));
      call.write("c".repeat(50_000));
      setImmediate(() => call.end("c".repeat(49_000)));
    });
  let status: number | undefined;
  stall(port).then((seen) => {
    status = seen;
  });
  while (status === undefined) expect(await send()).toBe("read 99000");
  expect(status).toBe(503);
});
