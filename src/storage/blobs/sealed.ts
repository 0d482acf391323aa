import { createCipheriv, createDecipheriv } from "node:crypto";
import { freeMemory } from "#lib/free-memory.ts";
import type { FrameCodec } from "./frames.ts";

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The footer's nonce; no frame has this number. */
const FOOTER_NONCE = Buffer.alloc(NONCE_BYTES, 0xff);

/**
 * Frames encrypted with AES-256-GCM, whose tags are the frames' marks. Without the key, no frame can be read,
 * changed or moved. The nonce is the frame's number, so a key must be used for one blob only. The footer's
 * tag covers all other tags and their number.
 */
export function sealed(key: Uint8Array): FrameCodec {
  return {
    magic: Buffer.from("NBL2"),
    markBytes: TAG_BYTES,
    begin(frame) {
      const cipher = createCipheriv(CIPHER, key, nonceOf(frame));
      return {
        add: (piece) => cipher.update(piece),
        mark() {
          cipher.final();
          return cipher.getAuthTag();
        },
      };
    },
    open(bytes, frame, mark) {
      const decipher = createDecipheriv(CIPHER, key, nonceOf(frame)).setAuthTag(mark);
      const plain = decipher.update(bytes);
      try {
        decipher.final();
      } catch {
        return false;
      }
      bytes.set(plain);
      freeMemory(plain);
      return true;
    },
    written: freeMemory,
    footerMark(footer, id) {
      const cipher = createCipheriv(CIPHER, key, FOOTER_NONCE).setAAD(Buffer.from(id)).setAAD(footer);
      cipher.final();
      return cipher.getAuthTag();
    },
  };
}

function nonceOf(frame: number): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUInt32BE(frame, NONCE_BYTES - 4);
  return nonce;
}
