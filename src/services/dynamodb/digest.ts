import { hash } from "node:crypto";

/**
 * A digest that identifies a repeated request. The order of members and attributes in JSON does not matter, since clients
 * with unordered maps send a different order each time (https://github.com/localstack/localstack/issues/6529).
 */
export const digestOf = (request: object): string => hash("sha256", canonical(request));

/** JSON with sorted members. A replacer of `JSON.stringify` does not suffice, as it gets a Buffer as a list of numbers. */
function canonical(value: unknown): string {
  if (typeof value !== "object" || value === null || value instanceof Date) return JSON.stringify(value);
  if (value instanceof Uint8Array) return `"${base64(value)}"`;
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
}

const base64 = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
