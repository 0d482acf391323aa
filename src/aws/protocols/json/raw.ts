import { isAscii } from "node:buffer";
import type { WriteJson } from "./shapes.ts";

/**
 * A member of an output that is already serialized, directly from stored data: it is sent as it is, without
 * conversion by its shape. Other protocols, and callers within the cloud, use its value. Short JSON is
 * fastest as a string.
 */
export class RawJson<T> {
  readonly print: () => Printed | string;
  readonly value: () => T;

  constructor(print: () => Printed | string, value: () => T) {
    this.print = print;
    this.value = value;
  }
}

/** UTF-8 JSON that is written directly into the destination, so that it is copied once. */
export interface Printed {
  readonly length: number;
  /** @returns the end position */
  write(into: Buffer, at: number): number;
}

/** A structure in which any member may be already serialized. */
export type MaybeRaw<T> = { [K in keyof T]: T[K] | RawJson<NonNullable<T[K]>> };

export const printed = (json: Buffer): Printed => ({
  length: json.length,
  write: (into, at) => at + json.copy(into, at),
});

/** `[a,b]` */
export function printedList(elements: readonly Printed[]): Printed {
  let length = 1 + Math.max(1, elements.length);
  for (const element of elements) length += element.length;
  return {
    length,
    write(into, start) {
      let at = start;
      into[at++] = OPEN;
      for (let n = 0; n < elements.length; n++) {
        if (n > 0) into[at++] = COMMA;
        at = elements[n]!.write(into, at);
      }
      into[at] = CLOSE;
      return at + 1;
    },
  };
}

const [OPEN, COMMA, CLOSE] = Buffer.from("[,]") as unknown as [number, number, number];

/** `{"a":…}` */
export const printedMap = (entries: readonly Entry[]): Printed =>
  entries.length === 0 ? printed(Buffer.from("{}")) : splicing(entries, "}");

type Entry = readonly [name: string, json: Printed];

/**
 * @param entries at least one
 * @param end the text after the last entry
 */
function splicing(entries: readonly Entry[], end: string): Printed {
  const heads = entries.map(([name], at) => `${at === 0 ? "{" : ","}${JSON.stringify(name)}:`);
  let length = Buffer.byteLength(end);
  for (const head of heads) length += Buffer.byteLength(head);
  for (const [, json] of entries) length += json.length;
  return {
    length,
    write(into, start) {
      let at = start;
      for (let n = 0; n < entries.length; n++) {
        at += into.write(heads[n]!, at);
        at = entries[n]![1].write(into, at);
      }
      return at + into.write(end, at);
    },
  };
}

export function bytesOf(json: Printed | string): Buffer {
  if (typeof json === "string") return Buffer.from(json);
  const bytes = Buffer.allocUnsafe(json.length);
  json.write(bytes, 0);
  return bytes;
}

/** Up to this size, text is built in reused memory. */
const scratch = Buffer.allocUnsafeSlow(64 * 1_024);

/**
 * A string if the JSON is ASCII: strings are freed by minor collections, while buffers count as memory
 * outside of the heap, and a few thousand of them trigger a major collection.
 */
function bodyOf(json: Printed): string | Buffer {
  if (json.length > scratch.length) return bytesOf(json);
  const written = scratch.subarray(0, json.write(scratch, 0));
  return isAscii(written) ? written.toString("latin1") : Buffer.from(written);
}

/** Encodes a structure, with its serialized members first; the order of members is insignificant. */
export function rawWriter(write: WriteJson): (output: object) => string | Uint8Array {
  return (output) => {
    if (!hasRaw(output)) return write(output);
    const raw: [name: string, json: Printed | string][] = [];
    const rest: Record<string, unknown> = {};
    for (const name in output) {
      const member = (output as Record<string, unknown>)[name];
      if (member instanceof RawJson) raw.push([name, member.print()]);
      else if (member !== undefined) rest[name] = member;
    }
    const others = write(rest);
    const end = others === "{}" ? "}" : `,${others.slice(1)}`;
    if (raw.every(([, json]) => typeof json === "string"))
      return `{${raw.map(([name, json]) => `"${name}":${json}`).join(",")}${end}`;
    return bodyOf(splicing(raw.map(asEntry), end));
  };
}

const asEntry = ([name, json]: readonly [string, Printed | string]): Entry => [
  name,
  typeof json === "string" ? printed(bytesOf(json)) : json,
];

/** Replaces serialized members by their values. */
export function withoutRaw<T extends object>(output: MaybeRaw<T>): T {
  if (!hasRaw(output)) return output as T;
  const entries = Object.entries(output).map(([name, member]) => [
    name,
    member instanceof RawJson ? member.value() : member,
  ]);
  return Object.fromEntries(entries) as T;
}

function hasRaw(output: object): boolean {
  for (const name in output) if ((output as Record<string, unknown>)[name] instanceof RawJson) return true;
  return false;
}
