/**
 * CRC-64/NVME, S3's default checksum: reflected, with all ones as initial value and final XOR, as the NVM
 * Express specification defines it.
 *
 * Neither Node nor a small package computes it fast, so the inner loop is a WebAssembly function, assembled
 * here instruction by instruction: it processes eight bytes per iteration, each looked up in its own table
 * ("slicing by eight"), in native 64-bit arithmetic, which JavaScript lacks.
 */
const POLYNOMIAL = 0x9a6c9329ac4bc9b5n;
const ONES = 0xffff_ffff_ffff_ffffn;

const SLICES = 8;
const TABLE_BYTES = 256 * 8;
const TABLES_END = SLICES * TABLE_BYTES;
/**
 * Bytes that are copied into WebAssembly's memory at a time, so that they stay in the processor's
 * second-level cache.
 */
const BLOCK = 128 * 1024;
const PAGE = 64 * 1024;

/** The part of the global that is used; only TypeScript's browser library declares it. */
declare const WebAssembly: {
  Memory: new (size: { initial: number }) => { buffer: ArrayBuffer };
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  Instance: new (module: object, imports: object) => { exports: Record<string, unknown> };
};

let engine: { memory: Uint8Array; run(crc: bigint, from: number, to: number): bigint } | undefined;

/** The CRC of `bytes`, or of `bytes` after others whose CRC is `before`. */
export function crc64nvme(bytes: Uint8Array, before = 0n): bigint {
  const { memory, run } = (engine ??= start());
  let crc = before ^ ONES;
  for (let at = 0; at < bytes.length; at += BLOCK) {
    const block = bytes.subarray(at, at + BLOCK);
    memory.set(block, TABLES_END);
    crc = run(crc, TABLES_END, TABLES_END + block.length);
  }
  return BigInt.asUintN(64, crc) ^ ONES;
}

function start() {
  const memory = new WebAssembly.Memory({ initial: Math.ceil((TABLES_END + BLOCK) / PAGE) });
  new BigUint64Array(memory.buffer, 0, SLICES * 256).set(tables());
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble()), { js: { memory } });
  return {
    memory: new Uint8Array(memory.buffer),
    run: exports.run as (crc: bigint, from: number, to: number) => bigint,
  };
}

/** Table n holds, for each byte, its contribution when n more bytes follow. */
function tables(): BigUint64Array {
  const table = new BigUint64Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ POLYNOMIAL : crc >> 1n;
    table[byte] = crc;
  }
  for (let at = 256; at < table.length; at++) {
    const shorter = table[at - 256]!;
    table[at] = table[Number(shorter & 255n)]! ^ (shorter >> 8n);
  }
  return table;
}

const I32 = 0x7f;
const I64 = 0x7e;
const EMPTY = 0x40;
const op = {
  block: 0x02,
  loop: 0x03,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  get: 0x20,
  set: 0x21,
  i32Load8: 0x2d,
  i64Load: 0x29,
  i32Const: 0x41,
  i64Const: 0x42,
  i32GreaterUnsigned: 0x4b,
  i32GreaterOrEqualUnsigned: 0x4f,
  i32Add: 0x6a,
  i32And: 0x71,
  i64Xor: 0x85,
  i64Shl: 0x86,
  i64ShrUnsigned: 0x88,
  i32Wrap: 0xa7,
  i64Extend: 0xad,
} as const;

/** The module with its one function, `run(crc, from, to)`, which reads an imported memory. */
function assemble(): Uint8Array<ArrayBuffer> {
  const [crc, at, to, eight] = [0, 1, 2, 3];
  const code = [
    // for (; at + 8 <= to; at += 8) crc = lookups(crc ^ the eight bytes there)
    ...[op.block, EMPTY, op.loop, EMPTY],
    ...[op.get, at, op.i32Const, 8, op.i32Add, op.get, to, op.i32GreaterUnsigned, op.brIf, 1],
    ...[op.get, at, op.i64Load, 0, ...unsigned(0), op.get, crc, op.i64Xor, op.set, eight],
    ...Array.from({ length: 8 }, (_, n) => [
      ...lookup(eight, n, 7 - n),
      ...(n > 0 ? [op.i64Xor] : []),
    ]).flat(),
    ...[op.set, crc, op.get, at, op.i32Const, 8, op.i32Add, op.set, at, op.br, 0, op.end, op.end],
    // for (; at < to; at++) crc = lookup(crc ^ the byte there) ^ (crc >> 8)
    ...[op.block, EMPTY, op.loop, EMPTY],
    ...[op.get, at, op.get, to, op.i32GreaterOrEqualUnsigned, op.brIf, 1],
    ...[op.get, at, op.i32Load8, 0, ...unsigned(0), op.i64Extend, op.get, crc, op.i64Xor, op.set, eight],
    ...lookup(eight, 0, 0),
    ...[op.get, crc, op.i64Const, 8, op.i64ShrUnsigned, op.i64Xor, op.set, crc],
    ...[op.get, at, op.i32Const, 1, op.i32Add, op.set, at, op.br, 0, op.end, op.end],
    ...[op.get, crc, op.end],
  ];
  const body = [1, 1, I64, ...code]; // one group of locals: one i64, `eight`
  return new Uint8Array([
    ...[0, ...text("asm"), 1, 0, 0, 0],
    ...section(1, [1, 0x60, 3, I64, I32, I32, 1, I64]), // type 0: (i64, i32, i32) → i64
    ...section(2, [1, ...name("js"), ...name("memory"), 2, 0, 1]), // import a memory of at least one page
    ...section(3, [1, 0]), // function 0 is of type 0
    ...section(7, [1, ...name("run"), 0, 0]), // export function 0
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}

/** Pushes the entry of table `table` for byte number `byte` of a local: its address is `(value >> 8 * byte & 255) * 8`. */
function lookup(local: number, byte: number, table: number): number[] {
  const shift = byte * 8 - 3;
  return [
    ...[op.get, local, op.i64Const, Math.abs(shift), shift < 0 ? op.i64Shl : op.i64ShrUnsigned, op.i32Wrap],
    ...[op.i32Const, ...signed(0x7f8), op.i32And, op.i64Load, 0, ...unsigned(table * TABLE_BYTES)],
  ];
}

function section(id: number, content: number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

const text = (value: string) => [...Buffer.from(value)];
const name = (value: string) => [value.length, ...text(value)];

/** LEB128, as WebAssembly writes numbers. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  return value < 64 ? [value] : [(value & 127) | 128, ...signed(value >>> 7)];
}
