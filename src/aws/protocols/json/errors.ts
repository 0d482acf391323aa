import type { WireError } from "../errors/errors.ts";
import { jsonMembersWriter } from "./shapes.ts";

/** An error as JSON: its message under the shape's name for it, and its other members. */
export function errorDocument(error: WireError, type?: string): string {
  const { shape, details, values, message, messageName } = error;
  const fields: Record<string, unknown> = {};
  if (type !== undefined) fields.__type = type;
  if (message !== "") fields[messageName] = message;
  const inBody = details.filter((member) => member.location === undefined);
  const rest = shape === undefined ? JSON.stringify(values) : jsonMembersWriter(shape, inBody)(values);
  if (rest === "{}") return JSON.stringify(fields);
  const head = JSON.stringify(fields).slice(0, -1);
  return `${head}${head === "{" ? "" : ","}${rest.slice(1)}`;
}
