import type { WireError } from "./errors.ts";
import { jsonMembersWriter } from "./json.ts";

/** An error as JSON: its message under the name that its shape has for it, and its other members beside it. */
export function errorDocument(error: WireError, type?: string): string {
  const { shape, details, values, message, messageName } = error;
  const known: Record<string, unknown> = {};
  if (type !== undefined) known.__type = type;
  if (message !== "") known[messageName] = message;
  const inBody = details.filter((member) => member.location === undefined);
  const rest = shape === undefined ? JSON.stringify(values) : jsonMembersWriter(shape, inBody)(values);
  if (rest === "{}") return JSON.stringify(known);
  const head = JSON.stringify(known).slice(0, -1);
  return `${head}${head === "{" ? "" : ","}${rest.slice(1)}`;
}
