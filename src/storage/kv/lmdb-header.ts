import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { DamagedFileError } from "./kv.ts";

const MAGIC = 0xbeefc0de;
const VERSION = 2;
/** Offsets of the needed fields of LMDB's `MDB_meta` in a page. */
const AT = { magic: 24, version: 28, pageSize: 48, freeRoot: 88, mainRoot: 136, transaction: 152 };
const META_BYTES = 168;
const NO_PAGE = 2n ** 64n - 1n;

interface Meta {
  transaction: bigint;
  pageSize: number;
  roots: readonly bigint[];
}

/**
 * Checks that the file begins like an LMDB file and is long enough to contain the roots of its trees. LMDB
 * itself would crash the process at the first missing page. A new file is empty.
 * @throws {DamagedFileError}
 */
export function checkHeader(path: string): void {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    if (size === 0) return;
    const first = readMeta(file, 0);
    const second = first && readMeta(file, first.pageSize);
    if (!first || !second) throw new DamagedFileError(`${path} does not begin as a file of records`);
    const newest = first.transaction > second.transaction ? first : second;
    const end = BigInt(Math.floor(size / newest.pageSize));
    if (newest.roots.some((page) => page !== NO_PAGE && page >= end))
      throw new DamagedFileError(`${path} has been cut short`);
  } finally {
    closeSync(file);
  }
}

function readMeta(file: number, position: number): Meta | undefined {
  const bytes = Buffer.alloc(META_BYTES);
  if (readSync(file, bytes, 0, META_BYTES, position) < META_BYTES) return undefined;
  const pageSize = bytes.readUInt32LE(AT.pageSize);
  const isMeta = bytes.readUInt32LE(AT.magic) === MAGIC && bytes.readUInt32LE(AT.version) === VERSION;
  if (!isMeta || pageSize < META_BYTES) return undefined;
  return {
    transaction: bytes.readBigUInt64LE(AT.transaction),
    pageSize,
    roots: [bytes.readBigUInt64LE(AT.freeRoot), bytes.readBigUInt64LE(AT.mainRoot)],
  };
}
