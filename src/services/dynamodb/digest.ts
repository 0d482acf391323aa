import { hash } from "node:crypto";

/**
 * By which the same request is known again. In which order members and attributes come in JSON does not count: clients whose
 * maps have none send them in another each time (https://github.com/localstack/localstack/issues/6529).
 */
export const digestOf = (request: object): string => hash("sha256", JSON.stringify(request, inOrder));

function inOrder(_: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
