import { hash } from "node:crypto";

/**
 * By which the same request is known again. In which order members and attributes come in JSON does not count: clients whose
 * maps have none send them in another each time (https://github.com/localstack/localstack/issues/6529).
 */
export const digestOf = (request: object): string => hash("sha256", canonical(request));

/** JSON with its members in one order. `JSON.stringify` would make a list of numbers of bytes before it asks for them. */
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
