import { inflateRawSync } from "node:zlib";

/**
 * Reads small ORC files as inventories are here: compressed by ZLIB, columns in the encoding DIRECT, without runs.
 * https://orc.apache.org/specification/ORCv1/
 */
export function orcRows(file: Buffer): Record<string, unknown>[] {
  if (file.toString("latin1", 0, 3) !== "ORC") throw new Error("not an ORC file");
  const end = file.length - 1 - file.at(-1)!;
  const postscript = messageIn(file.subarray(end, -1));
  if (numberOf(postscript, 2) !== 1) throw new Error("not compressed by ZLIB");
  const footer = messageIn(inflated(file.subarray(end - numberOf(postscript, 1), end)));
  const [row, ...types] = messagesIn(footer, 4);
  const names = row!.get(3)!.map(String);
  return messagesIn(footer, 3).flatMap((stripe) => {
    const rows = numberOf(stripe, 5);
    const streams = streamsIn(file, stripe);
    const columns = types.map((type, i) =>
      column(numberOf(type, 1), rows, (kind) => streams.get(`${i + 1}/${kind}`)),
    );
    return Array.from({ length: rows }, (_, i) =>
      Object.fromEntries(names.map((name, at) => [name, columns[at]![i]])),
    );
  });
}

/** Returns the streams of a stripe by the number of their column and their kind. */
function streamsIn(file: Buffer, stripe: Message): Map<string, Buffer> {
  let at = numberOf(stripe, 1) + numberOf(stripe, 2);
  const end = at + numberOf(stripe, 3);
  const footer = messageIn(inflated(file.subarray(end, end + numberOf(stripe, 4))));
  return new Map(
    messagesIn(footer, 1).map((stream) => {
      const from = at;
      at += numberOf(stream, 3);
      return [`${numberOf(stream, 2)}/${numberOf(stream, 1)}`, inflated(file.subarray(from, at))];
    }),
  );
}

const EPOCH_MS = Date.UTC(2015, 0);
const [PRESENT, DATA, LENGTH, SECONDARY] = [0, 1, 2, 5];
const [BOOLEAN, LONG, STRING, TIMESTAMP] = [0, 4, 7, 9];

function column(kind: number, rows: number, stream: (kind: number) => Buffer | undefined): unknown[] {
  const present = stream(PRESENT);
  const isPresent = present ? flags(present) : Array.from({ length: rows }, () => true);
  const data = stream(DATA) ?? Buffer.alloc(0);
  const found = valuesOf(kind, data, stream);
  return isPresent.slice(0, rows).map((here) => (here ? found.shift() : null));
}

function valuesOf(kind: number, data: Buffer, stream: (kind: number) => Buffer | undefined): unknown[] {
  if (kind === BOOLEAN) return flags(data);
  if (kind === LONG) return integers(data).map(signed);
  if (kind === TIMESTAMP) {
    const parts = integers(stream(SECONDARY)!);
    return integers(data).map((seconds, i) => {
      const [digits, zeros] = [Math.floor(parts[i]! / 8), parts[i]! % 8];
      const nanoseconds = zeros === 0 ? digits : digits * 10 ** (zeros + 1);
      return new Date(EPOCH_MS + signed(seconds) * 1_000 + nanoseconds / 1e6);
    });
  }
  if (kind !== STRING) throw new Error(`a type that inventories do not have: ${kind}`);
  let at = 0;
  return integers(stream(LENGTH)!).map((length) => {
    at += length;
    return data.toString("utf8", at - length, at);
  });
}

const signed = (value: number) => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

function flags(bytes: Buffer): boolean[] {
  const found = literals(bytes, (place) => bytes[place.at++]!);
  return found.flatMap((byte) => Array.from({ length: 8 }, (_, bit) => (byte & (0x80 >> bit)) !== 0));
}

const integers = (bytes: Buffer): number[] => literals(bytes, (place) => varint(bytes, place));

/** Reads lists of values, each after its length as a negative number. */
function literals(bytes: Buffer, next: (place: Place) => number): number[] {
  const found: number[] = [];
  const place = { at: 0 };
  while (place.at < bytes.length) {
    const head = bytes.readInt8(place.at++);
    if (head >= 0) throw new Error("a run");
    for (let left = -head; left > 0; left--) found.push(next(place));
  }
  return found;
}

function inflated(bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const head = bytes.readUIntLE(at, 3);
    at += 3;
    const piece = bytes.subarray(at, at + (head >> 1));
    pieces.push(head & 1 ? piece : inflateRawSync(piece));
    at += piece.length;
  }
  return Buffer.concat(pieces);
}

type Message = Map<number, (number | Buffer)[]>;

interface Place {
  at: number;
}

const numberOf = (message: Message, id: number) => Number(message.get(id)?.[0] ?? 0);

const messagesIn = (message: Message, id: number) =>
  (message.get(id) ?? []).map((one) => messageIn(one as Buffer));

/** Reads a message of Protocol Buffers. */
function messageIn(bytes: Buffer): Message {
  const fields: Message = new Map();
  const place = { at: 0 };
  while (place.at < bytes.length) {
    const head = varint(bytes, place);
    const number = varint(bytes, place);
    const isBytes = head % 8 === 2;
    const value = isBytes ? bytes.subarray(place.at, place.at + number) : number;
    if (isBytes) place.at += number;
    const id = Math.floor(head / 8);
    fields.set(id, [...(fields.get(id) ?? []), value]);
  }
  return fields;
}

function varint(bytes: Buffer, place: Place): number {
  let value = 0;
  for (let scale = 1; ; scale *= 0x80) {
    const byte = bytes[place.at++]!;
    value += (byte % 0x80) * scale;
    if (byte < 0x80) return value;
  }
}
