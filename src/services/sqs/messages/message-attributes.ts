import { createHash } from "node:crypto";
import type { MessageAttributeValue, MessageBodyAttributeMap } from "#aws/contract/types/sqs.ts";
import { isNumberText } from "#aws/messages.ts";
import { fault, invalidCharacters, invalidParameter } from "../errors.ts";
import type { Attribute } from "../store.ts";
import { isValidText } from "./text.ts";

const MAX_ATTRIBUTES = 10;
const MAX_NAME_LENGTH = 256;
const MAX_TYPE_LENGTH = 256;
const NAME = /^[A-Za-z0-9_.-]+$/;
const RESERVED = /^(?:aws|amazon)\./i;
const TRACE_HEADER = "AWSTraceHeader";

/** @throws {AwsError} InvalidParameterValue, InvalidMessageContents */
export function messageAttributes(
  map: MessageBodyAttributeMap | undefined,
): Record<string, Attribute> | undefined {
  const entries = Object.entries(map ?? {});
  if (entries.length === 0) return undefined;
  if (entries.length > MAX_ATTRIBUTES)
    throw invalidParameter(
      `Number of message attributes [${entries.length}] exceeds the allowed maximum [${MAX_ATTRIBUTES}].`,
    );
  return Object.fromEntries(entries.map(([name, value]) => [name, attribute(name, value)]));
}

/** @throws {AwsError} InvalidParameterValue */
export function systemAttributes(
  map: MessageBodyAttributeMap | undefined,
): Record<string, Attribute> | undefined {
  const entries = Object.entries(map ?? {});
  if (entries.length === 0) return undefined;
  for (const [name, { DataType }] of entries) {
    if (name !== TRACE_HEADER) throw invalidParameter(`Message system attribute name '${name}' is invalid.`);
    if (DataType !== "String")
      throw invalidParameter(
        `The message system attribute '${name}' has an invalid message system attribute type, it must be String.`,
      );
  }
  return Object.fromEntries(entries.map(([name, value]) => [name, attribute(name, value, "system")]));
}

type Kind = "(user)" | "system";

function attribute(name: string, typed: MessageAttributeValue, kind: Kind = "(user)"): Attribute {
  checkName(name, kind);
  const { DataType: type, StringValue: text, BinaryValue: bytes } = typed;
  if (typed.StringListValues?.length || typed.BinaryListValues?.length)
    throw fault(
      "UnsupportedOperation",
      "Message attribute list values in SendMessage operation are not supported.",
    );
  if (!type) {
    const lacks = text === undefined && bytes === undefined ? "value" : "type";
    throw invalidParameter(
      `The message ${kind} attribute '${name}' must contain a non-empty message attribute ${lacks}.`,
    );
  }
  const base = type.split(".", 1)[0];
  if (base !== "String" && base !== "Number" && base !== "Binary")
    throw invalidParameter(
      `The type of message ${kind} attribute '${name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.`,
    );
  const value = valueIn(name, type, typed, kind);
  if (type.length > MAX_TYPE_LENGTH)
    throw invalidParameter(`Message ${kind} attribute type must be shorter than ${MAX_TYPE_LENGTH} bytes.`);
  const field = base === "Binary" ? "Binary" : "String";
  if ((typeof value === "string") !== (field === "String"))
    throw invalidParameter(
      `Message ${kind} attribute '${name}' with type '${type}' must use field '${field}'.`,
    );
  if (typeof value !== "string") return { type, bytes: Buffer.from(value).toString("base64") };
  // AWS: the message is that of a body, with another code.
  if (!isValidText(value)) throw invalidParameter(invalidCharacters().message);
  if (base === "Number" && !isNumberText(value))
    throw invalidParameter(`Can't cast the value of message ${kind} attribute '${name}' to a number.`);
  return { type, text: value };
}

/** @throws {AwsError} InvalidParameterValue */
function valueIn(
  name: string,
  type: string,
  { StringValue: text, BinaryValue: bytes }: MessageAttributeValue,
  kind: Kind,
): string | Uint8Array {
  const value = text ?? bytes;
  if (value === undefined || value.length === 0 || bytes?.length === 0)
    throw invalidParameter(
      `Message ${kind} attribute '${name}' must contain a non-empty value of type '${type}'.`,
    );
  if (text !== undefined && bytes !== undefined)
    throw invalidParameter(`Message ${kind} attribute '${name}' must have a single value.`);
  return value;
}

function checkName(name: string, kind: Kind): void {
  const must = (rule: string) => invalidParameter(`Message ${kind} attribute name must ${rule}`);
  if (name.length === 0)
    throw invalidParameter(`The request must contain non-empty message ${kind} attribute names.`);
  if (Buffer.byteLength(name) > MAX_NAME_LENGTH) throw must(`be shorter than ${MAX_NAME_LENGTH} bytes.`);
  if (!NAME.test(name))
    throw invalidParameter(
      "Message (user) attributes name can only contain upper and lower score characters, digits, periods, hyphens and underscores. ",
    );
  if (RESERVED.test(name))
    throw invalidParameter(
      "You can't use message attribute names beginning with 'AWS.' or 'Amazon'. These strings are reserved for internal use.",
    );
  if (name.startsWith(".")) throw must("not begin with character '.'.");
  if (name.endsWith(".")) throw must("not end with character '.'.");
  if (name.includes("..")) throw must("not have successive '.' characters.");
}

/** The bytes that AWS counts: names, types and values. */
export function attributesSize(attributes: Record<string, Attribute> | undefined): number {
  let size = 0;
  for (const [name, { type, text, bytes }] of Object.entries(attributes ?? {}))
    size +=
      Buffer.byteLength(name) +
      Buffer.byteLength(type) +
      (bytes === undefined ? Buffer.byteLength(text!) : Buffer.byteLength(bytes, "base64"));
  return size;
}

const TEXT = 1;
const BYTES = 2;

/** AWS's MD5 of attributes: sorted by name, each with its name, type, kind and value, with lengths of four bytes. */
export function attributesMd5(attributes: Record<string, Attribute> | undefined): string | undefined {
  const entries = Object.entries(attributes ?? {});
  if (entries.length === 0) return undefined;
  const hash = createHash("md5");
  const add = (part: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    hash.update(length).update(part);
  };
  for (const [name, { type, text, bytes }] of entries.sort(([a], [b]) => (a < b ? -1 : 1))) {
    add(Buffer.from(name));
    add(Buffer.from(type));
    hash.update(Buffer.of(bytes === undefined ? TEXT : BYTES));
    add(bytes === undefined ? Buffer.from(text!) : Buffer.from(bytes, "base64"));
  }
  return hash.digest("hex");
}

export function described(attributes: Record<string, Attribute>): MessageBodyAttributeMap {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { type, text, bytes }]): [string, MessageAttributeValue] => [
      name,
      bytes === undefined
        ? { StringValue: text!, DataType: type }
        : { BinaryValue: Buffer.from(bytes, "base64"), DataType: type },
    ]),
  );
}
