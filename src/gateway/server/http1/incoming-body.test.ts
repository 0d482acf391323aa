import { expect, test } from "vitest";
import { BodyTooLargeError } from "#lib/body.ts";
import { assembly } from "../assembly.ts";
import { IncomingBody } from "./incoming-body.ts";

function incoming(size?: number) {
  const asked: string[] = [];
  const source = {
    bodies: assembly(Number.POSITIVE_INFINITY),
    pacing: () => ({ arrived() {}, resumed() {}, end() {} }),
    invite: () => void asked.push("invite"),
    wanted: () => void asked.push("wanted"),
    hold: () => void asked.push("hold"),
  };
  return { body: new IncomingBody(size, [], source, 100_000), asked };
}

test("received data is read synchronously, and not copied", async () => {
  const { body, asked } = incoming(2_000);
  const piece = Buffer.alloc(2_000, "x");
  body.push(piece);
  body.end({});
  expect(await body.bytes(2_000)).toBe(piece);
  expect(asked).toEqual([]);
});

test("a short body does not keep the long read that it came with alive", async () => {
  const { body } = incoming(3);
  body.push(Buffer.alloc(60_000, "abc").subarray(0, 3));
  body.end({});
  const bytes = await body.bytes(3);
  expect(String(bytes)).toBe("abc");
  expect(bytes.buffer.byteLength).toBeLessThan(60_000);
});

test("one-byte pieces are gathered, so that they do not cost a hundred bytes each", async () => {
  const { body } = incoming();
  let sent = "";
  for (let i = 0; i < 40_000; i++) {
    const letter = String.fromCharCode(97 + (i % 26));
    sent += letter;
    body.push(Buffer.from(letter));
  }
  body.end({});
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  expect(pieces.length).toBeLessThan(10);
  expect(Buffer.concat(pieces).toString()).toBe(sent);
});

test("gathering continues while a reader consumes", async () => {
  const { body } = incoming();
  const letters = body[Symbol.asyncIterator]();
  for (const letter of "abc") body.push(Buffer.from(letter));
  const seen = [String((await letters.next()).value), String((await letters.next()).value)];
  for (const letter of "def") body.push(Buffer.from(letter));
  body.end({});
  for (let next = await letters.next(); !next.done; next = await letters.next())
    seen.push(String(next.value));
  expect(seen.join("")).toBe("abcdef");
});

test("the client is paused by a full queue, and resumed by an empty one", async () => {
  const { body, asked } = incoming();
  const pieces = body[Symbol.asyncIterator]();
  const first = pieces.next();
  expect(asked).toEqual(["invite", "wanted"]);
  body.push(Buffer.alloc(50_000));
  await first;
  for (let i = 0; i < 2; i++) body.push(Buffer.alloc(50_000));
  expect(asked).toEqual(["invite", "wanted"]);
  body.push(Buffer.alloc(50_000));
  expect(asked).toEqual(["invite", "wanted", "hold"]);
  for (let i = 0; i < 3; i++) await pieces.next();
  void pieces.next();
  await new Promise(setImmediate);
  expect(asked).toEqual(["invite", "wanted", "hold", "wanted"]);
});

test("a reader that stops, or exceeds its limit, pauses the client", async () => {
  const stopped = incoming();
  stopped.body.push(Buffer.alloc(10));
  for await (const _ of stopped.body) break;
  expect(stopped.asked).toEqual(["invite", "hold"]);
  const flooded = incoming();
  flooded.body.push(Buffer.alloc(11));
  await expect(Promise.try(() => flooded.body.bytes(10))).rejects.toThrow(BodyTooLargeError);
  expect(flooded.asked).toEqual(["invite", "hold"]);
});

test("a body that fails while it is read whole is dropped, and the client is paused", async () => {
  const { body, asked } = incoming();
  body.push(Buffer.alloc(10));
  const reading = body.bytes(100);
  body.fail(new Error("dismissed"));
  await expect(reading).rejects.toThrow("dismissed");
  expect(asked).toEqual(["invite", "wanted", "hold"]);
});

test("a failure comes after the pieces before it, and never after the end", async () => {
  const { body } = incoming();
  body.push(Buffer.from("abc"));
  body.fail(new Error("gone"));
  const pieces = body[Symbol.asyncIterator]();
  expect(String((await pieces.next()).value)).toBe("abc");
  await expect(pieces.next()).rejects.toThrow("gone");
  const whole = incoming(0).body;
  whole.end({});
  whole.fail(new Error("gone"));
  expect(await whole.bytes(10)).toHaveLength(0);
});
