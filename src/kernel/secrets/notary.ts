import { createHash, createPrivateKey, generateKeyPair, sign } from "node:crypto";
import { promisify } from "node:util";
import type { Clock } from "#lib/clock.ts";
import { issueCertificate } from "#lib/x509.ts";
import { collection } from "../records/collection.ts";
import type { Home } from "../records/home.ts";

/** Signs messages that the cloud sends. The certificate that verifies them is public. */
export interface Notary {
  /** Derived from this cloud's key: 32 hexadecimal digits, which name the certificate. */
  readonly id: string;
  /** PEM. */
  readonly certificate: string;
  /** RSA with PKCS #1 version 1.5, base64. */
  sign(hash: "sha1" | "sha256", text: string): string;
}

const keys = collection<{ key: string; certificate: string }>("kernel/notary", {
  scope: "partition",
  key: () => [],
});

const KEY_BITS = 2_048;
const DAY_MS = 86_400_000;
const YEARS = 10;
const NAME = "Nube message signing";

/** The key is generated at the first use, because that takes a tenth of a second. */
export async function openNotary(kernel: Home, clock: Clock): Promise<Notary> {
  const stored = await kernel.read((tx) => tx.get(keys, []));
  const { key, certificate } = stored ?? (await make(kernel, clock));
  const privateKey = createPrivateKey(key);
  return {
    id: createHash("sha256").update(certificate).digest("hex").slice(0, 32),
    certificate,
    sign: (hash, text) => sign(hash, Buffer.from(text), privateKey).toString("base64"),
  };
}

async function make(kernel: Home, clock: Clock) {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: KEY_BITS });
  const now = clock.now() - (clock.now() % 1_000);
  const made = {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    certificate: issueCertificate({
      subject: NAME,
      notBefore: now - DAY_MS,
      notAfter: now + YEARS * 365 * DAY_MS,
      key: privateKey,
      issuer: { name: NAME, key: privateKey },
      purpose: "messages",
    }),
  };
  await kernel.write((tx) => tx.put(keys, made));
  return made;
}
