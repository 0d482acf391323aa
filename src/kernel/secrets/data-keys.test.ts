import fc from "fast-check";
import { expect, test } from "vitest";
import { openMemory } from "#storage/kv/memory.ts";
import { testCloud } from "../testing.ts";
import {
  dataKeys,
  type MasterKey,
  MasterKeyLostError,
  SealBrokenError,
  UnknownMasterError,
} from "./data-keys.ts";

const first: MasterKey = { number: 1, key: Buffer.alloc(32, "first") };
const second: MasterKey = { number: 2, key: Buffer.alloc(32, "second") };
const SECRET = Buffer.alloc(32, "a customer's");
const PLACE = Buffer.from("place");
const BODY = Buffer.from("a body");

test("a body is unsealed at its place, with its secret", () => {
  const keys = dataKeys([first]);
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), fc.boolean(), (body, place, own) => {
      const secret = own ? SECRET : undefined;
      const sealed = keys.seal(body, place, secret);
      expect(Buffer.from(keys.unseal(sealed, place, secret))).toEqual(Buffer.from(body));
    }),
  );
});

test("another process derives the keys from their names", () => {
  const made = dataKeys([first]).make();
  expect(dataKeys([first]).find(made.name)).toEqual(made.key);
  const sealed = dataKeys([first]).seal(BODY, PLACE);
  expect(String(dataKeys([first]).unseal(sealed, PLACE))).toBe("a body");
});

test("a new master key seals new bodies, the old ones still unseal theirs", () => {
  const old = dataKeys([first]).seal(BODY, PLACE);
  const rotated = dataKeys([first, second]);
  expect(String(rotated.unseal(old, PLACE))).toBe("a body");
  const recent = rotated.seal(BODY, PLACE);
  expect(String(dataKeys([second]).unseal(recent, PLACE))).toBe("a body");
  expect(() => dataKeys([first]).unseal(recent, PLACE)).toThrow(UnknownMasterError);
});

test("a cloud does not open with another master key than the one in use, but with an additional one", async () => {
  const store = openMemory();
  const open = (masterKeys: MasterKey[]) => testCloud([], { store, masterKeys });
  await (await open([first])).close();
  await expect(open([{ ...first, key: Buffer.alloc(32) }])).rejects.toThrow(MasterKeyLostError);
  await expect(open([second])).rejects.toThrow(MasterKeyLostError);
  await (await open([first, second])).close();
  await expect(open([first])).rejects.toThrow(MasterKeyLostError);
});

test("equal bodies are sealed differently", () => {
  const keys = dataKeys([first]);
  const sealed = Array.from({ length: 100 }, () => Buffer.from(keys.seal(BODY, PLACE)).toString("hex"));
  expect(new Set(sealed.map((text) => text.slice(42))).size).toBe(100);
  expect(new Set(Array.from({ length: 100 }, () => keys.make().name)).size).toBe(100);
});

test("a body that was changed, moved or sealed with another key is detected", () => {
  const keys = dataKeys([first]);
  const sealed = Buffer.from(keys.seal(BODY, PLACE));
  for (let at = 1; at < sealed.length; at++) {
    const spoilt = Buffer.from(sealed);
    spoilt[at]! ^= 1;
    expect(() => keys.unseal(spoilt, PLACE)).toThrow(SealBrokenError);
  }
  for (let size = 0; size < sealed.length; size++)
    expect(() => keys.unseal(sealed.subarray(0, size), PLACE)).toThrow(SealBrokenError);
  expect(() => keys.unseal(sealed, Buffer.from("elsewhere"))).toThrow(SealBrokenError);
  expect(() => keys.unseal(sealed, PLACE, SECRET)).toThrow(SealBrokenError);
  const own = keys.seal(BODY, PLACE, SECRET);
  expect(() => keys.unseal(own, PLACE, Buffer.alloc(32))).toThrow(SealBrokenError);
  expect(() => keys.unseal(own, PLACE)).toThrow(UnknownMasterError);
});
