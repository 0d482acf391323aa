import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { outgoing } from "./outgoing.ts";

const recorder = (log: string[], name: string) =>
  new Writable({
    decodeStrings: false,
    write(chunk, _, done) {
      log.push(`${name} ${chunk}`);
      done();
    },
  });

test("responses of one turn are sent together at its end, in order", async () => {
  const log: string[] = [];
  const out = outgoing();
  const [a, b] = [recorder(log, "a"), recorder(log, "b")];
  out.write(a, "1");
  out.write(b, Buffer.from("2"));
  out.write(a, "3");
  await Promise.resolve();
  expect(log).toEqual([]);
  await new Promise(setImmediate);
  expect(log).toEqual(["a 1", "b 2", "a 3"]);
});

test("many of them are sent earlier, and a direct writer flushes first", () => {
  const log: string[] = [];
  const out = outgoing();
  const a = recorder(log, "a");
  for (let n = 0; n < 40; n++) out.write(a, `${n}`);
  expect(log).toHaveLength(32);
  out.flush();
  a.write("own");
  expect(log.slice(-2)).toEqual(["a 39", "a own"]);
});
