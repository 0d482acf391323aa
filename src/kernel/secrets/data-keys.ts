import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { freeMemory } from "#lib/free-memory.ts";

/**
 * The keys that bodies at rest are encrypted with. They are not stored: each is derived from a master key of
 * the cloud, or from a secret that a service provides, and from a random salt that is stored next to the
 * encrypted data. The name of a key therefore suffices to derive it again, and a new master key can be used
 * for new bodies while the old ones remain valid.
 */
export interface DataKeys {
  /** A new key for one body, and the key's name. */
  make(secret?: Uint8Array): { name: string; key: Uint8Array };
  /** @throws {UnknownMasterError} */
  find(name: string, secret?: Uint8Array): Uint8Array;
  /** Encrypts a small body in one piece; `place`, the key of its row, is authenticated as well. */
  seal(bytes: Uint8Array, place: Uint8Array, secret?: Uint8Array): Uint8Array;
  /** @throws {SealBrokenError} unless the bytes were sealed for that place, with that secret */
  unseal(sealed: Uint8Array, place: Uint8Array, secret?: Uint8Array): Uint8Array;
}

export interface MasterKey {
  /** From 1 to 255. */
  number: number;
  /** 32 bytes. */
  key: Uint8Array;
}

export class UnknownMasterError extends Error {
  override name = "UnknownMasterError";
}

/**
 * The store was used with master keys that are now missing or different, so bodies that they encrypt cannot
 * be read.
 */
export class MasterKeyLostError extends Error {
  override name = "MasterKeyLostError";
}

export class SealBrokenError extends Error {
  override name = "SealBrokenError";
}

export const MASTER_KEY_BYTES = 32;
const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const NAME_BYTES = 1 + SALT_BYTES;
const COUNT_BYTES = 4;
const HEADER_BYTES = NAME_BYTES + COUNT_BYTES;
const TAG_BYTES = 16;
const NONCE_BYTES = 12;
/** In place of the master key's number, for keys that are derived from a service's secret. */
const SECRET_NUMBER = 0;
/** The number of small bodies that share a key; each body's nonce is its count. */
const MAX_SEALED_BY_ONE_KEY = 2 ** 32 - 1;
const MAX_CACHED_KEYS = 1_000;

/** @param masters the last one encrypts new bodies */
export function dataKeys(masters: readonly MasterKey[]): DataKeys {
  const newest = masters.at(-1)!;
  /** Keys by name. Most are used once, except the key that this process shares among its small bodies. */
  const cache = new Map<string, Uint8Array>();
  let shared = freshShared();
  let count = 0;

  function freshShared() {
    const name = freshName(newest.number);
    return { name, key: derive(newest.key, name.subarray(1)) };
  }

  function masterOf(number: number): Uint8Array {
    const master = masters.find((one) => one.number === number);
    if (!master)
      throw new UnknownMasterError(`there is no master key ${number}: was the file of keys replaced?`);
    return master.key;
  }

  function keyOf(name: Buffer, secret: Uint8Array | undefined): Uint8Array {
    const salt = name.subarray(1);
    if (secret) return derive(secret, salt);
    const text = name.toString("latin1");
    const cached = cache.get(text);
    if (cached) return cached;
    const key = derive(masterOf(name[0]!), salt);
    if (cache.size >= MAX_CACHED_KEYS) cache.clear();
    cache.set(text, key);
    return key;
  }

  return {
    make(secret) {
      const name = freshName(secret ? SECRET_NUMBER : newest.number);
      return { name: name.toString("base64"), key: keyOf(name, secret) };
    },
    find: (name, secret) => keyOf(Buffer.from(name, "base64"), secret),
    seal(bytes, place, secret) {
      if (count === MAX_SEALED_BY_ONE_KEY) {
        shared = freshShared();
        count = 0;
      }
      const { name, key } = secret ? freshOf(secret) : shared;
      const sealed = Buffer.allocUnsafe(HEADER_BYTES + bytes.length + TAG_BYTES);
      sealed.set(name);
      sealed.writeUInt32BE(++count, NAME_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonceIn(sealed)).setAAD(place);
      const encrypted = cipher.update(bytes);
      sealed.set(encrypted, HEADER_BYTES);
      freeMemory(encrypted);
      cipher.final();
      sealed.set(cipher.getAuthTag(), HEADER_BYTES + bytes.length);
      return sealed;
    },
    unseal(sealed, place, secret) {
      if (sealed.length < HEADER_BYTES + TAG_BYTES) throw new SealBrokenError("a sealed body is too short");
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length);
      const key = keyOf(bytes.subarray(0, NAME_BYTES), secret);
      const decipher = createDecipheriv(CIPHER, key, nonceIn(bytes))
        .setAAD(place)
        .setAuthTag(bytes.subarray(-TAG_BYTES));
      const plain = decipher.update(bytes.subarray(HEADER_BYTES, -TAG_BYTES));
      try {
        decipher.final();
      } catch {
        throw new SealBrokenError(
          "a body is not as it was sealed, or for another place, or with another key",
        );
      }
      return plain;
    },
  };
}

/** A value that identifies a master key without revealing it. */
export function fingerprintOf({ key }: MasterKey): string {
  return Buffer.from(hkdfSync("sha256", key, "", "a master key's proof", KEY_BYTES)).toString("base64");
}

function freshName(number: number): Buffer {
  return Buffer.concat([Uint8Array.of(number), randomBytes(SALT_BYTES)]);
}

function freshOf(secret: Uint8Array) {
  const name = freshName(SECRET_NUMBER);
  return { name, key: derive(secret, name.subarray(1)) };
}

function derive(secret: Uint8Array, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, salt, "a body at rest", KEY_BYTES));
}

/** The nonce: zeros, then the count. One buffer is reused, since the cipher copies it. */
function nonceIn(header: Buffer): Buffer {
  header.copy(NONCE, NONCE_BYTES - COUNT_BYTES, NAME_BYTES, HEADER_BYTES);
  return NONCE;
}

const NONCE = Buffer.alloc(NONCE_BYTES);
