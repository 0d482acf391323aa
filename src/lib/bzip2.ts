/** Thrown for bytes that are not a bzip2 file, or not a complete one. */
export class Bzip2Error extends Error {
  override name = "Bzip2Error";
  readonly isTruncated: boolean;

  constructor(message: string, isTruncated = false) {
    super(message);
    this.isTruncated = isTruncated;
  }
}

const [BLOCK, END] = [0x314159265359, 0x177245385090];
/** Maximum compressed size of a block: 900,000 symbols of at most 20 bits, and its tables. */
const MAX_BLOCK = 2_400_000;
const MAX_SYMBOLS = 258;
const MAX_CODE_LENGTH = 20;
const GROUP = 50;

/**
 * Decompresses a bzip2 file, or several concatenated ones, block by block.
 * @throws {Bzip2Error}
 */
export async function* bunzipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]();
  const bits = bitReader();
  let isEnded = false;
  const fill = async () => {
    while (!isEnded && bits.left() < MAX_BLOCK) {
      const { done, value } = await source.next();
      if (done) isEnded = true;
      else bits.add(value);
    }
  };
  try {
    await fill();
    do {
      const capacity = header(bits);
      let all = 0;
      for (;;) {
        await fill();
        const mark = bits.read(24) * 2 ** 24 + bits.read(24);
        if (mark === END) break;
        if (mark !== BLOCK) throw new Bzip2Error("a block begins with something else");
        const { data, crc } = block(bits, capacity);
        all = ((all << 1) | (all >>> 31)) ^ crc;
        yield data;
      }
      if (word(bits) !== all >>> 0) throw new Bzip2Error("the checksum is another");
      bits.align();
      await fill();
    } while (bits.left() > 0);
  } finally {
    await source.return?.();
  }
}

interface Bits {
  /** Reads at most 24 bits. */
  read(count: number): number;
  add(chunk: Uint8Array): void;
  /** The number of unread bytes. */
  left(): number;
  align(): void;
}

function bitReader(): Bits {
  let bytes = Buffer.alloc(0);
  let at = 0;
  let buffer = 0;
  let count = 0;
  return {
    read(width) {
      while (count < width) {
        if (at === bytes.length) throw new Bzip2Error("the file ends too early", true);
        buffer = ((buffer & 0xffffff) << 8) | bytes[at++]!;
        count += 8;
      }
      count -= width;
      return (buffer >>> count) & ((1 << width) - 1);
    },
    add(chunk) {
      bytes = Buffer.concat([bytes.subarray(at), chunk]);
      at = 0;
    },
    left: () => bytes.length - at,
    align() {
      count = 0;
    },
  };
}

/** Reads a file's header; returns the maximum size of a block. */
function header(bits: Bits): number {
  const level = bits.read(24) === 0x425a68 ? bits.read(8) - 0x30 : 0;
  if (level < 1 || level > 9) throw new Bzip2Error("not a bzip2 file");
  return level * 100_000;
}

const word = (bits: Bits) => (bits.read(16) * 2 ** 16 + bits.read(16)) >>> 0;

function block(bits: Bits, capacity: number): { data: Uint8Array; crc: number } {
  const crc = word(bits);
  if (bits.read(1)) throw new Bzip2Error("a randomised block");
  const origin = bits.read(24);
  const symbols = usedSymbols(bits);
  const column = lastColumn(bits, symbols, capacity);
  if (origin >= column.length) throw new Bzip2Error("a block begins outside of itself");
  const data = unrolled(sorted(column, origin));
  if (crcOf(data) !== crc) throw new Bzip2Error("the checksum of a block is another");
  return { data, crc };
}

function usedSymbols(bits: Bits): number[] {
  const ranges = bits.read(16);
  const symbols: number[] = [];
  for (let range = 0; range < 16; range++) {
    if (!(ranges & (0x8000 >> range))) continue;
    const used = bits.read(16);
    for (let at = 0; at < 16; at++) if (used & (0x8000 >> at)) symbols.push(range * 16 + at);
  }
  if (symbols.length === 0) throw new Bzip2Error("a block without symbols");
  return symbols;
}

/**
 * Decodes the last column of the sorted rotations: Huffman codes, run lengths and move-to-front positions.
 */
function lastColumn(bits: Bits, symbols: number[], capacity: number): Uint8Array {
  const tables = bits.read(3);
  const selectors = bits.read(15);
  if (tables < 2 || tables > 6 || selectors < 1) throw new Bzip2Error("a block without tables");
  const order = Uint8Array.from({ length: tables }, (_, n) => n);
  const chosen = Array.from({ length: selectors }, () => moveToFront(order, unary(bits, tables)));
  const end = symbols.length + 1;
  const codes = Array.from(order, () => huffman(lengthsOf(bits, end + 1)));
  const list = Uint8Array.from(symbols);
  const column = new Uint8Array(capacity);
  let [length, run, weight] = [0, 0, 1];
  const flush = () => {
    if (run === 0) return;
    if (length + run > capacity) throw new Bzip2Error("a block is too long");
    column.fill(list[0]!, length, length + run);
    length += run;
    [run, weight] = [0, 1];
  };
  for (let read = 0; ; read++) {
    const code = codes[chosen[Math.floor(read / GROUP)] ?? tables];
    if (!code) throw new Bzip2Error("a block without an end");
    const symbol = code(bits);
    if (symbol < 2) {
      run += weight << symbol;
      weight *= 2;
      if (run > capacity) throw new Bzip2Error("a block is too long");
      continue;
    }
    flush();
    if (symbol === end) return column.subarray(0, length);
    if (length === capacity) throw new Bzip2Error("a block is too long");
    column[length++] = moveToFront(list, symbol - 1);
  }
}

function unary(bits: Bits, limit: number): number {
  let count = 0;
  while (bits.read(1)) if (++count >= limit) throw new Bzip2Error("a table that there is not");
  return count;
}

function moveToFront(list: Uint8Array, at: number): number {
  const symbol = list[at];
  if (symbol === undefined) throw new Bzip2Error("a symbol that there is not");
  for (let to = at; to > 0; to--) list[to] = list[to - 1]!;
  list[0] = symbol;
  return symbol;
}

function lengthsOf(bits: Bits, count: number): number[] {
  let length = bits.read(5);
  return Array.from({ length: count }, () => {
    while (bits.read(1)) length += bits.read(1) ? -1 : 1;
    if (length < 1 || length > MAX_CODE_LENGTH) throw new Bzip2Error("a code of no length");
    return length;
  });
}

/** Returns a function that reads one symbol of a canonical Huffman code. */
function huffman(lengths: readonly number[]): (bits: Bits) => number {
  const sortedSymbols = new Uint16Array(MAX_SYMBOLS);
  const first = new Int32Array(MAX_CODE_LENGTH + 2);
  const index = new Int32Array(MAX_CODE_LENGTH + 2);
  const counts = new Int32Array(MAX_CODE_LENGTH + 2);
  let at = 0;
  let code = 0;
  for (let length = 1; length <= MAX_CODE_LENGTH; length++) {
    [first[length], index[length]] = [code, at];
    for (const [symbol, of] of lengths.entries()) if (of === length) sortedSymbols[at++] = symbol;
    counts[length] = at - index[length]!;
    code = (code + counts[length]!) << 1;
  }
  const shortest = Math.min(...lengths);
  return (bits) => {
    let value = bits.read(shortest);
    for (let length = shortest; length <= MAX_CODE_LENGTH; length++) {
      const place = value - first[length]!;
      if (place < counts[length]! && place >= 0) return sortedSymbols[index[length]! + place]!;
      value = (value << 1) | bits.read(1);
    }
    throw new Bzip2Error("a code that there is not");
  };
}

/** The inverse of the Burrows-Wheeler transform. */
function sorted(column: Uint8Array, origin: number): Uint8Array {
  const starts = new Int32Array(256);
  for (const byte of column) starts[byte]!++;
  for (let byte = 0, sum = 0; byte < 256; byte++) {
    const count = starts[byte]!;
    starts[byte] = sum;
    sum += count;
  }
  const next = new Int32Array(column.length);
  for (let at = 0; at < column.length; at++) next[starts[column[at]!]!++] = at;
  const data = new Uint8Array(column.length);
  for (let at = 0, row = next[origin]!; at < data.length; at++, row = next[row]!) data[at] = column[row]!;
  return data;
}

/**
 * Undoes the initial run-length encoding: four equal bytes are followed by the number of further repetitions.
 */
function unrolled(data: Uint8Array): Uint8Array {
  let length = 0;
  eachRun(data, (_, count) => {
    length += count;
  });
  const out = new Uint8Array(length);
  let at = 0;
  eachRun(data, (byte, count) => {
    out.fill(byte, at, at + count);
    at += count;
  });
  return out;
}

function eachRun(data: Uint8Array, take: (byte: number, count: number) => void): void {
  for (let at = 0; at < data.length; ) {
    const byte = data[at]!;
    let count = 1;
    while (count < 4 && data[at + count] === byte) count++;
    at += count;
    if (count === 4 && at < data.length) count += data[at++]!;
    take(byte, count);
  }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});

function crcOf(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = (crc << 8) ^ CRC_TABLE[(crc >>> 24) ^ byte]!;
  return ~crc >>> 0;
}
