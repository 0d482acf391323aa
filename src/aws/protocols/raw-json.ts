import type { WriteJson } from "./json.ts";

/**
 * A member of an answer that prints its own JSON, straight from what is stored: it goes out as it is, without a look at its
 * shape. Who speaks another protocol, or asks from inside the house, is given the value.
 */
export class RawJson<T> {
  /** In UTF-8. */
  readonly print: () => Uint8Array;
  readonly value: () => T;

  constructor(print: () => Uint8Array, value: () => T) {
    this.print = print;
    this.value = value;
  }
}

/** A structure of which any member may print itself. */
export type MaybeRaw<T> = { [K in keyof T]: T[K] | RawJson<NonNullable<T[K]>> };

/** `[a,b]` of the JSON of each. */
export function rawList(elements: readonly Uint8Array[]): Uint8Array {
  let length = 1 + Math.max(1, elements.length);
  for (const element of elements) length += element.length;
  const json = Buffer.allocUnsafe(length);
  json[0] = OPEN;
  let at = 1;
  for (const element of elements) {
    if (at > 1) json[at++] = COMMA;
    json.set(element, at);
    at += element.length;
  }
  json[at] = CLOSE;
  return json;
}

const [OPEN, COMMA, CLOSE] = Buffer.from("[,]") as unknown as [number, number, number];

/** `{"a":…}` of the JSON of each. */
export function rawMap(entries: readonly (readonly [name: string, json: Uint8Array])[]): Uint8Array {
  return entries.length === 0 ? Buffer.from("{}") : spliced(entries, "}");
}

function spliced(entries: readonly (readonly [name: string, json: Uint8Array])[], end: string): Uint8Array {
  const heads = entries.map(([name], at) => `${at === 0 ? "{" : ","}${JSON.stringify(name)}:`);
  let length = Buffer.byteLength(end);
  for (const [at, [, { length: more }]] of entries.entries()) length += Buffer.byteLength(heads[at]!) + more;
  const out = Buffer.allocUnsafe(length);
  let to = 0;
  for (const [at, [, json]] of entries.entries()) {
    to += out.write(heads[at]!, to);
    out.set(json, to);
    to += json.length;
  }
  out.write(end, to);
  return out;
}

/** The structure with values only. */
export function withoutRaw<T extends object>(given: MaybeRaw<T>): T {
  if (!hasRaw(given)) return given as T;
  const entries = Object.entries(given).map(([name, member]) => [
    name,
    member instanceof RawJson ? member.value() : member,
  ]);
  return Object.fromEntries(entries) as T;
}

/** Prints a structure of values, and puts members that print themselves in front: where one stands means nothing. */
export function rawWriter(write: WriteJson): (given: object) => string | Uint8Array {
  return (given) => {
    if (!hasRaw(given)) return write(given);
    const raw: [string, Uint8Array][] = [];
    const rest: Record<string, unknown> = {};
    for (const name in given) {
      const member = (given as Record<string, unknown>)[name];
      if (member instanceof RawJson) raw.push([name, member.print()]);
      else rest[name] = member;
    }
    const others = write(rest);
    return spliced(raw, others === "{}" ? "}" : `,${others.slice(1)}`);
  };
}

function hasRaw(given: object): boolean {
  for (const name in given) if ((given as Record<string, unknown>)[name] instanceof RawJson) return true;
  return false;
}
