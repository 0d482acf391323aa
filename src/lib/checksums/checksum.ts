import { createHash, hash } from "node:crypto";
import { createRequire } from "node:module";
import { crc64nvme } from "./crc64nvme.ts";
import { xxh3 } from "./xxhash/xxh3.ts";
import { xxh64 } from "./xxhash/xxh64.ts";

/** `sha256-leaves` is the concatenated SHA-256 of each MiB, the basis of a tree hash. */
export type ChecksumName =
  | "crc32"
  | "crc32c"
  | "crc64nvme"
  | "md5"
  | "sha1"
  | "sha256"
  | "sha512"
  | "sha256-leaves"
  | "xxhash64"
  | "xxhash3"
  | "xxhash128";

export interface Checksum {
  update(chunk: Uint8Array): void;
  /** Returns the result; numbers are big-endian, as S3 writes them. Must be called once, at the end. */
  digest(): Buffer;
}

/** Creates an incremental checksum. */
export function checksum(name: ChecksumName): Checksum {
  switch (name) {
    case "crc32":
      return running(native().crc32, word);
    case "crc32c":
      return running(native().crc32c, word);
    case "crc64nvme":
      return runningLong();
    case "sha256-leaves":
      return runningLeaves();
    case "xxhash64":
      return ofNumber(xxh64(), 8);
    case "xxhash3":
      return ofNumber(xxh3(64), 8);
    case "xxhash128":
      return ofNumber(xxh3(128), 16);
    case "md5":
    case "sha1":
    case "sha256":
    case "sha512":
      return createHash(name);
  }
}

/** The checksum of bytes that are in memory. */
export function checksumOf(name: ChecksumName, bytes: Uint8Array): Buffer {
  switch (name) {
    case "crc32":
      return word(native().crc32(bytes));
    case "crc32c":
      return word(native().crc32c(bytes));
    case "crc64nvme":
      return longWord(crc64nvme(bytes));
    case "sha256-leaves":
    case "xxhash64":
    case "xxhash3":
    case "xxhash128": {
      const sum = checksum(name);
      sum.update(bytes);
      return sum.digest();
    }
    case "md5":
    case "sha1":
    case "sha256":
    case "sha512":
      // A digest as a string costs half as much as one as a Buffer.
      return Buffer.from(hash(name, bytes, "latin1"), "latin1");
  }
}

/** The checksum of bytes that are in memory, as text. */
export function checksumText(name: ChecksumName, bytes: Uint8Array, form: "hex" | "base64"): string {
  switch (name) {
    case "md5":
    case "sha1":
    case "sha256":
    case "sha512":
      return hash(name, bytes, form);
    default:
      return checksumOf(name, bytes).toString(form);
  }
}

let loaded: typeof import("@node-rs/crc32") | undefined;
/** Loaded at the first use, since few clients need it. */
const native = () =>
  (loaded ??= createRequire(import.meta.url)("@node-rs/crc32") as NonNullable<typeof loaded>);

function running(crc: (bytes: Uint8Array, before: number) => number, write: (value: number) => Buffer) {
  let value = 0;
  return {
    update(chunk: Uint8Array) {
      value = crc(chunk, value);
    },
    digest: () => write(value),
  };
}

function runningLong(): Checksum {
  let value = 0n;
  return {
    update(chunk) {
      value = crc64nvme(chunk, value);
    },
    digest: () => longWord(value),
  };
}

function ofNumber(sum: { update(chunk: Uint8Array): void; digest(): bigint }, bytes: number): Checksum {
  return {
    update: sum.update,
    digest: () =>
      Buffer.from(
        sum
          .digest()
          .toString(16)
          .padStart(2 * bytes, "0"),
        "hex",
      ),
  };
}

const LEAF_BYTES = 1_048_576;

function runningLeaves(): Checksum {
  const leaves: Uint8Array[] = [];
  let leaf = createHash("sha256");
  let filled = 0;
  const close = () => {
    leaves.push(leaf.digest());
    leaf = createHash("sha256");
    filled = 0;
  };
  return {
    update(chunk) {
      for (let at = 0; at < chunk.length; ) {
        const piece = chunk.subarray(at, at + LEAF_BYTES - filled);
        leaf.update(piece);
        filled += piece.length;
        at += piece.length;
        if (filled === LEAF_BYTES) close();
      }
    },
    digest() {
      // Empty input has one leaf as well.
      if (filled > 0 || leaves.length === 0) close();
      return Buffer.concat(leaves);
    },
  };
}

function word(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function longWord(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}
