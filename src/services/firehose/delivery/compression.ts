import { promisify } from "node:util";
import { crc32, deflateRaw, gzip } from "node:zlib";
import type { CompressionFormat } from "#aws/contract/types/firehose.ts";
import { MAX_IN_BLOCK, snappyOf } from "#lib/snappy.ts";

/** A compression format, with its file extension and headers. */
interface Compression {
  extension: string;
  encoding: string;
  /** @param name of the entry, for formats that have one */
  compressed(data: Buffer, name: string): Promise<Buffer>;
}

const zipped = promisify(gzip);
const deflated = promisify(deflateRaw);

/** The event loop is yielded after this many bytes. */
const MAX_IN_TURN = 2 ** 20;
/** The block sizes of Java's Snappy library and of Hadoop. */
const JAVA_BLOCK = 2 ** 15;
const JAVA_HEAD = Buffer.from([0x82, ...Buffer.from("SNAPPY"), 0, 0, 0, 0, 1, 0, 0, 0, 1]);

export const COMPRESSIONS: Readonly<Record<CompressionFormat, Compression | undefined>> = {
  UNCOMPRESSED: undefined,
  GZIP: { extension: ".gz", encoding: "gzip", compressed: (data) => zipped(data) },
  ZIP: { extension: ".zip", encoding: "zip", compressed: archive },
  Snappy: {
    extension: ".snappy",
    encoding: "snappy-java",
    compressed: async (data) =>
      Buffer.concat([JAVA_HEAD, ...(await blocksOf(data, JAVA_BLOCK, (_, block) => [sizeOf(block), block]))]),
  },
  HADOOP_SNAPPY: {
    extension: ".snappy",
    encoding: "hadoop-snappy",
    compressed: async (data) =>
      Buffer.concat(
        await blocksOf(data, MAX_IN_BLOCK, (plain, block) => [sizeOf(plain), sizeOf(block), block]),
      ),
  },
};

async function blocksOf(
  data: Buffer,
  size: number,
  framed: (plain: Buffer, block: Buffer) => Buffer[],
): Promise<Buffer[]> {
  const found: Buffer[] = [];
  for (let at = 0; at < data.length; at += size) {
    if (at > 0 && at % MAX_IN_TURN === 0) await new Promise(setImmediate);
    const plain = data.subarray(at, at + size);
    found.push(...framed(plain, snappyOf(plain)));
  }
  return found;
}

function sizeOf({ length }: Buffer): Buffer {
  const size = Buffer.allocUnsafe(4);
  size.writeUInt32BE(length);
  return size;
}

/** 1980-01-01: a constant date, so that a repeated delivery writes the same bytes. */
const NO_DATE = 0x21;
const [VERSION, DEFLATED] = [20, 8];

/** A ZIP file with one deflated entry. */
async function archive(data: Buffer, name: string): Promise<Buffer> {
  const content = await deflated(data);
  const header = Buffer.alloc(26);
  header.writeUInt16LE(VERSION, 0);
  header.writeUInt16LE(DEFLATED, 4);
  header.writeUInt16LE(NO_DATE, 8);
  header.writeUInt32LE(await sumOf(data), 10);
  header.writeUInt32LE(content.length, 14);
  header.writeUInt32LE(data.length, 18);
  header.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from("PK\x03\x04"), header, Buffer.from(name)]);
  const madeBy = Buffer.from([VERSION, 0]);
  const central = Buffer.concat([
    Buffer.from("PK\x01\x02"),
    madeBy,
    header,
    Buffer.alloc(14),
    Buffer.from(name),
  ]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length + content.length, 12);
  return Buffer.concat([local, content, central, Buffer.from("PK\x05\x06"), end]);
}

async function sumOf(data: Buffer): Promise<number> {
  let sum = 0;
  for (let at = 0; at < data.length; at += 16 * MAX_IN_TURN) {
    if (at > 0) await new Promise(setImmediate);
    sum = crc32(data.subarray(at, at + 16 * MAX_IN_TURN), sum);
  }
  return sum;
}
