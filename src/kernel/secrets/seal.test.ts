import fc from "fast-check";
import { expect, test } from "vitest";
import { SEAL_KEY_BYTES, sealer } from "./seal.ts";

const { seal, unseal } = sealer(Buffer.alloc(SEAL_KEY_BYTES, 1));

test("sealed content is unsealed for its purpose and with its key only", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), (content, purpose) => {
      const token = seal(purpose, content);
      expect(unseal(purpose, token)).toEqual(JSON.parse(JSON.stringify(content)));
      expect(unseal(`${purpose}!`, token)).toBeUndefined();
      expect(sealer(Buffer.alloc(SEAL_KEY_BYTES, 2)).unseal(purpose, token)).toBeUndefined();
    }),
  );
});

test("no token looks like a command line option", () => {
  for (let i = 0; i < 1_000; i++) expect(seal("p", i)).not.toMatch(/^-/);
});

test("a token that was changed, truncated or invented is invalid, and never an error", () => {
  const bytes = Buffer.from(seal("p", { key: "value" }), "base64url");
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    expect(unseal("p", changed.toString("base64url"))).toBeUndefined();
  }
  for (let length = 0; length < bytes.length; length++) {
    expect(unseal("p", bytes.subarray(0, length).toString("base64url"))).toBeUndefined();
  }
  fc.assert(fc.property(fc.string(), (text) => unseal("p", text) === undefined));
});
