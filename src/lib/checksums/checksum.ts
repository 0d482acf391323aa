import { createHash, hash } from "node:crypto";
import { crc32, crc32c } from "@node-rs/crc32";
import { crc64nvme } from "./crc64nvme.ts";

export type ChecksumName = "crc32" | "crc32c" | "crc64nvme" | "md5" | "sha1" | "sha256";

export interface Checksum {
  update(chunk: Uint8Array): void;
  /** The result, CRCs with their highest byte first, as S3 writes them. Call it once, last. */
  digest(): Uint8Array;
}

/** A checksum of bytes that come in pieces. */
export function checksum(name: ChecksumName): Checksum {
  switch (name) {
    case "crc32":
      return running(crc32, word);
    case "crc32c":
      return running(crc32c, word);
    case "crc64nvme":
      return runningLong();
    case "md5":
    case "sha1":
    case "sha256":
      return createHash(name);
  }
}

/** The checksum of bytes that are all at hand. */
export function checksumOf(name: ChecksumName, bytes: Uint8Array): Uint8Array {
  switch (name) {
    case "crc32":
      return word(crc32(bytes));
    case "crc32c":
      return word(crc32c(bytes));
    case "crc64nvme":
      return longWord(crc64nvme(bytes));
    case "md5":
    case "sha1":
    case "sha256":
      return hash(name, bytes, "buffer");
  }
}

function running(crc: (bytes: Uint8Array, before: number) => number, write: (value: number) => Uint8Array) {
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

function word(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function longWord(value: bigint): Uint8Array {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}
