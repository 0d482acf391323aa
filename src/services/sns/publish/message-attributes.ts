import type { MessageAttributeMap } from "#aws/contract/types/sns.ts";
import { isNumberText } from "#aws/messages.ts";
import { invalidAttribute } from "../errors.ts";
import type { MessageAttribute } from "../store.ts";

const MAX_NAME_LENGTH = 256;
const INVALID = /[^A-Za-z0-9_\-.]/u;

/** @throws {AwsError} ParameterValueInvalid */
export function messageAttributes(
  map: MessageAttributeMap | undefined,
): Record<string, MessageAttribute> | undefined {
  const entries = Object.entries(map ?? {});
  if (entries.length === 0) return undefined;
  return Object.fromEntries(entries.map(([name, value]) => [name, attribute(name, value)]));
}

function attribute(
  name: string,
  { DataType: type, StringValue: text, BinaryValue: bytes }: MessageAttributeMap[string],
): MessageAttribute {
  checkName(name);
  if (!type) {
    throw invalidAttribute(`The message attribute '${name}' must contain non-empty message attribute type.`);
  }
  const base = type.split(".", 1)[0];
  if (base !== "String" && base !== "Number" && base !== "Binary") {
    throw invalidAttribute(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  }
  const value = text ?? bytes;
  if (value === undefined || value.length === 0) {
    throw invalidAttribute(
      `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`,
    );
  }
  const field = base === "Binary" ? "Binary" : "String";
  if ((base === "Binary" ? bytes : text) === undefined)
    throw invalidAttribute(`The message attribute '${name}' with type '${type}' must use field '${field}'.`);
  if (typeof value !== "string") return { type, bytes: Buffer.from(value).toString("base64") };
  if (base === "Number" && !isNumberText(value))
    throw invalidAttribute(`Could not cast message attribute '${name}' value to number.`);
  return { type, text: value };
}

function checkName(name: string): void {
  if (name.length > MAX_NAME_LENGTH)
    throw invalidAttribute(`Length of message attribute name must be less than ${MAX_NAME_LENGTH} bytes.`);
  const invalid = INVALID.exec(name)?.[0].codePointAt(0);
  if (invalid !== undefined)
    throw invalidAttribute(
      `Invalid non-alphanumeric character '#x${invalid.toString(16).toUpperCase()}' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.`,
    );
  if (name.startsWith("."))
    throw invalidAttribute("Invalid message attribute name starting with character '.' was found.");
  if (name.endsWith("."))
    throw invalidAttribute("Invalid message attribute name ending with character '.' was found.");
  if (name.includes(".."))
    throw invalidAttribute("Message attribute name can not have successive '.' character.");
}

/** The bytes that SNS counts: names, types and values. */
export function attributesSize(attributes: MessageAttributeMap | undefined): number {
  let size = 0;
  for (const [name, { DataType, StringValue = "", BinaryValue }] of Object.entries(attributes ?? {}))
    size +=
      Buffer.byteLength(name) +
      Buffer.byteLength(DataType) +
      (BinaryValue?.length ?? Buffer.byteLength(StringValue));
  return size;
}
