import { createPublicKey, verify, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { openMemory } from "#storage/kv/memory.ts";
import { testCloud } from "../testing.ts";

test("a signature is valid by the cloud's certificate, also after a restart", async () => {
  const store = openMemory();
  const first = await testCloud([], { store: { ...store, close: async () => {} } });
  const notary = await first.cloud.notary();
  const certificate = new X509Certificate(notary.certificate);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  const key = createPublicKey(certificate.publicKey.export({ type: "spki", format: "pem" }));
  for (const hash of ["sha1", "sha256"] as const) {
    const signature = Buffer.from(notary.sign(hash, "text"), "base64");
    expect(verify(hash, Buffer.from("text"), key, signature)).toBe(true);
    expect(verify(hash, Buffer.from("another"), key, signature)).toBe(false);
  }
  await first.close();
  const second = await testCloud([], { store });
  expect((await second.cloud.notary()).id).toBe(notary.id);
  await second.close();
});
