import { createCipheriv, createDecipheriv, randomFillSync } from "node:crypto";

/**
 * Encrypts data into tokens that clients keep and send back: session tokens, page tokens, receipt handles.
 * Clients can neither read nor forge them, and the cloud need not store them.
 */
export interface Sealer {
  seal(purpose: string, content: unknown): string;
  /** `undefined` for any token that this cloud did not seal for that purpose. */
  unseal(purpose: string, token: string): unknown;
}

export const SEAL_KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Random bytes, fetched from the system in bulk. */
const nonces = Buffer.alloc(NONCE_BYTES * 256);
let used = nonces.length;

function freshNonce(): Buffer {
  if (used === nonces.length) {
    randomFillSync(nonces);
    used = 0;
  }
  const nonce = nonces.subarray(used, (used += NONCE_BYTES));
  nonce[0]! &= 0x7f; // No token begins with "-", which command lines take for an option.
  return nonce;
}

/** AES-256-GCM with the purpose as authenticated data. */
export function sealer(key: Uint8Array): Sealer {
  return {
    seal(purpose, content) {
      const nonce = freshNonce();
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(purpose));
      const sealed = Buffer.concat([cipher.update(JSON.stringify(content)), cipher.final()]);
      return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString("base64url");
    },
    unseal(purpose, token) {
      const bytes = Buffer.from(token, "base64url");
      if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
      const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(purpose))
        .setAuthTag(bytes.subarray(-TAG_BYTES));
      try {
        const opened = Buffer.concat([
          decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)),
          decipher.final(),
        ]);
        return JSON.parse(opened.toString());
      } catch {
        return undefined;
      }
    },
  };
}
