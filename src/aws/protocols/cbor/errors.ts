import type { WireError } from "../errors/errors.ts";
import { CborWriter } from "./cbor.ts";
import type { CborDialect } from "./shapes.ts";

/** An error as CBOR, including its `__type`. */
export function cborErrorDocument(error: WireError, type: string, dialect: CborDialect): Uint8Array {
  const writer = new CborWriter();
  writer.openMap();
  writer.string("__type");
  writer.string(type);
  if (error.message !== "") {
    writer.string(error.messageName);
    writer.string(error.message);
  }
  for (const member of error.details) {
    const value = error.values[member.name];
    if (value === undefined || value === null) continue;
    writer.string(member.name);
    dialect.writer(member.shape)(writer, value);
  }
  writer.end();
  return writer.bytes();
}
