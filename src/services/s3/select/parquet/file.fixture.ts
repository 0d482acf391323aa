import { gzipSync } from "node:zlib";

/**
 * Writes Parquet files of a few hundred bytes for tests, according to the specification: pages of plain
 * values, one per column and row group, and levels as runs of length one.
 * https://parquet.apache.org/docs/file-format/
 */
export interface FileColumn {
  name: string;
  /**
   * Parquet's number: 0 BOOLEAN, 1 INT32, 2 INT64, 3 INT96, 4 FLOAT, 5 DOUBLE, 6
   * BYTE_ARRAY, 7 FIXED_LEN_BYTE_ARRAY.
   */
  type: number;
  /**
   * Parquet's number: 0 UTF8, 4 ENUM, 5 DECIMAL, 6 DATE, 9 TIMESTAMP_MILLIS, 10 TIMESTAMP_MICROS, 19 JSON.
   */
  converted?: number;
  /** The number of a member of Parquet's union of logical types, and its fields. */
  logical?: [number, Fields];
  scale?: number;
  length?: number;
  /** 0 REQUIRED, 1 OPTIONAL, 2 REPEATED; OPTIONAL by default. */
  repetition?: number;
  /** Writes the column as a list (3 levels). */
  isList?: boolean;
  /** The value of each row; `null` is absent. */
  values: readonly unknown[];
}

export interface FileOptions {
  /** The number of rows in a group; all rows are in one group by default. */
  groupRows?: number;
  /** Parquet's number: 0 none, 1 Snappy, 2 GZIP, 6 ZSTD. */
  codec?: number;
  /** Writes the values to a dictionary, and indexes into it to the data pages. */
  dictionary?: boolean;
  /** Writes data pages of version 2, whose levels precede the compressed data. */
  isSecond?: boolean;
  /** The size of a row group that the footer claims. */
  groupSize?: bigint;
}

type Field = readonly [id: number, type: number, value: unknown];
type Fields = readonly Field[];
const [FLAG, I32, I64, BINARY, LIST, STRUCT] = [1, 5, 6, 8, 9, 12];

export function parquetFile(columns: readonly FileColumn[], options: FileOptions = {}): Buffer {
  const rows = columns[0]!.values.length;
  const most = options.groupRows ?? Math.max(rows, 1);
  let file = Buffer.from("PAR1");
  const groups: Fields[] = [];
  for (let from = 0; from < rows; from += most) {
    const chunks: Fields[] = [];
    let size = 0;
    for (const column of columns) {
      const { bytes, dictionary, count, uncompressed } = chunkOf(
        column,
        column.values.slice(from, from + most),
        options,
      );
      const start = BigInt(file.length);
      chunks.push([
        [2, I64, start],
        [
          3,
          STRUCT,
          [
            [1, I32, column.type],
            [2, LIST, [I32, [0]]],
            [3, LIST, [BINARY, pathOf(column)]],
            [4, I32, options.codec ?? 0],
            [5, I64, BigInt(count)],
            [6, I64, BigInt(uncompressed)],
            [7, I64, BigInt(bytes.length)],
            [9, I64, start + BigInt(dictionary)],
            ...(dictionary > 0 ? ([[11, I64, start]] as const) : []),
          ],
        ],
      ]);
      size += uncompressed;
      file = Buffer.concat([file, bytes]);
    }
    groups.push([
      [1, LIST, [STRUCT, chunks]],
      [2, I64, options.groupSize ?? BigInt(size)],
      [3, I64, BigInt(Math.min(most, rows - from))],
    ]);
  }
  const schema = [
    [
      [4, BINARY, "schema"],
      [5, I32, columns.length],
    ],
    ...columns.flatMap(elementsOf),
  ];
  const footer = struct([
    [1, I32, 1],
    [2, LIST, [STRUCT, schema]],
    [3, I64, BigInt(rows)],
    [4, LIST, [STRUCT, groups]],
  ]);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(footer.length);
  return Buffer.concat([file, footer, tail, Buffer.from("PAR1")]);
}

const pathOf = ({ name, isList }: FileColumn) => (isList ? [name, "list", "element"] : [name]);

function elementsOf(column: FileColumn): Fields[] {
  const { name, type, converted, logical, scale, length, repetition = 1, isList } = column;
  const leaf = (called: string): Fields => [
    [1, I32, type],
    ...(length === undefined ? [] : ([[2, I32, length]] as const)),
    [3, I32, repetition],
    [4, BINARY, called],
    ...(converted === undefined ? [] : ([[6, I32, converted]] as const)),
    ...(scale === undefined ? [] : ([[7, I32, scale]] as const)),
    ...(logical === undefined ? [] : ([[10, STRUCT, [[logical[0], STRUCT, logical[1]]]]] as const)),
  ];
  if (!isList) return [leaf(name)];
  const group = (called: string, repeated: number): Fields => [
    [3, I32, repeated],
    [4, BINARY, called],
    [5, I32, 1],
  ];
  return [[...group(name, 1), [6, I32, 3]], group("list", 2), leaf("element")];
}

/** Returns the levels, and the values that are present. */
function levelsOf({ isList, repetition = 1 }: FileColumn, rows: readonly unknown[]) {
  const most = isList ? 3 : repetition === 0 ? 0 : 1;
  const [definitions, repetitions, values]: [number[], number[], unknown[]] = [[], [], []];
  const add = (value: unknown, level: number, repeated: number) => {
    repetitions.push(repeated);
    definitions.push(value === null ? level - 1 : level);
    if (value !== null) values.push(value);
  };
  for (const row of rows) {
    if (!isList && repetition !== 2) add(row, most, 0);
    else if (row === null || (row as unknown[]).length === 0) add(null, isList && row !== null ? 2 : 1, 0);
    else for (const [at, value] of (row as unknown[]).entries()) add(value, most, at === 0 ? 0 : 1);
  }
  return { most, definitions, repetitions, values, isRepeated: isList || repetition === 2 };
}

function chunkOf(
  column: FileColumn,
  rows: readonly unknown[],
  { codec = 0, dictionary, isSecond }: FileOptions,
) {
  const { most, definitions, repetitions, values, isRepeated } = levelsOf(column, rows);
  const written = values.map((value) => plain(column, value));
  const distinct = [...new Set(written.map((bytes) => bytes.toString("hex")))];
  const places = written.map((bytes) => distinct.indexOf(bytes.toString("hex")));
  const body = dictionary ? [Buffer.from([8]), runs(places)] : [packed(column, written)];
  const levels = [...(isRepeated ? [runs(repetitions)] : []), ...(most > 0 ? [runs(definitions)] : [])];
  const first = dictionary
    ? page(2, Buffer.concat(distinct.map((hex) => Buffer.from(hex, "hex"))), codec, [
        7,
        STRUCT,
        [
          [1, I32, distinct.length],
          [2, I32, 0],
        ],
      ])
    : { bytes: Buffer.alloc(0), uncompressed: 0 };
  const encoding: Field = [isSecond ? 4 : 2, I32, dictionary ? 8 : 0];
  const second = isSecond
    ? page(
        3,
        Buffer.concat(body),
        codec,
        [
          8,
          STRUCT,
          [
            [1, I32, definitions.length],
            [2, I32, definitions.length - values.length],
            [3, I32, rows.length],
            encoding,
            [5, I32, most > 0 ? levels.at(-1)!.length : 0],
            [6, I32, isRepeated ? levels[0]!.length : 0],
          ],
        ],
        levels,
      )
    : page(0, Buffer.concat([...levels.map(sized), ...body]), codec, [
        5,
        STRUCT,
        [[1, I32, definitions.length], encoding, [3, I32, 3], [4, I32, 3]],
      ]);
  return {
    bytes: Buffer.concat([first.bytes, second.bytes]),
    dictionary: first.bytes.length,
    count: definitions.length,
    uncompressed: first.uncompressed + second.uncompressed,
  };
}

/** Writes a page. @param before the bytes that are not compressed */
function page(type: number, data: Buffer, codec: number, details: Field, before: readonly Buffer[] = []) {
  const stored = codec === 1 ? snappy(data) : codec === 2 ? gzipSync(data) : data;
  const levels = Buffer.concat(before);
  const sizes: Field[] = [data, stored].map(({ length }, at) => [2 + at, I32, levels.length + length]);
  const header = struct([[1, I32, type], ...sizes, details]);
  return {
    bytes: Buffer.concat([header, levels, stored]),
    uncompressed: header.length + levels.length + data.length,
  };
}

/** Encodes bytes as Snappy literals. */
function snappy(data: Buffer): Buffer {
  const pieces = [varint(BigInt(data.length))];
  for (let at = 0; at < data.length; at += 60) {
    const piece = data.subarray(at, at + 60);
    pieces.push(Buffer.from([(piece.length - 1) << 2]), piece);
  }
  return Buffer.concat(pieces);
}

const runs = (values: readonly number[]) => Buffer.from(values.flatMap((value) => [2, value]));

function sized(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function packed({ type }: FileColumn, written: readonly Buffer[]): Buffer {
  if (type !== 0) return Buffer.concat(written);
  const bits = Buffer.alloc(Math.ceil(written.length / 8));
  for (const [at, value] of written.entries()) bits[at >> 3]! |= value[0]! << (at & 7);
  return bits;
}

function plain({ type }: FileColumn, value: unknown): Buffer {
  const bytes = Buffer.alloc(type === 3 ? 12 : type === 1 || type === 4 ? 4 : 8);
  switch (type) {
    case 0:
      return Buffer.from([value ? 1 : 0]);
    case 1:
      bytes.writeInt32LE(value as number);
      return bytes;
    case 2:
      bytes.writeBigInt64LE(BigInt(value as number));
      return bytes;
    case 3:
      bytes.writeBigUInt64LE((value as bigint) & 0xffff_ffff_ffff_ffffn);
      bytes.writeUInt32LE(Number((value as bigint) >> 64n), 8);
      return bytes;
    case 4:
      bytes.writeFloatLE(value as number);
      return bytes;
    case 5:
      bytes.writeDoubleLE(value as number);
      return bytes;
    case 6:
      return sized(Buffer.from(value as string));
    default:
      return Buffer.from(value as Uint8Array);
  }
}

function struct(fields: Fields): Buffer {
  const pieces: Buffer[] = [];
  let last = 0;
  for (const [id, type, value] of fields) {
    const kind = type === FLAG && value === false ? 2 : type;
    pieces.push(Buffer.from([((id - last) << 4) | kind]), element(type, value));
    last = id;
  }
  return Buffer.concat([...pieces, Buffer.from([0])]);
}

function element(type: number, value: unknown): Buffer {
  if (type === FLAG) return Buffer.alloc(0);
  if (type === I32 || type === I64) {
    const number = BigInt(value as number | bigint);
    return varint(number < 0n ? -number * 2n - 1n : number * 2n);
  }
  if (type === BINARY) {
    const bytes = Buffer.from(value as string);
    return Buffer.concat([varint(BigInt(bytes.length)), bytes]);
  }
  if (type === STRUCT) return struct(value as Fields);
  const [of, members] = value as [number, readonly unknown[]];
  const head = Buffer.concat([Buffer.from([0xf0 | of]), varint(BigInt(members.length))]);
  return Buffer.concat([head, ...members.map((member) => element(of, member))]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}
