import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { type Attribute, type Content, contents, type Message } from "../store.ts";

/** The largest content that is kept in the message's own record, in bytes. */
export const INLINE_BYTES = 8 * 1024;

/** The head of a frame: lengths in bytes, in the order in which the bytes follow. */
interface Head {
  body: number;
  attributes?: AttributeHead[];
  systemAttributes?: AttributeHead[];
  trace?: string;
}
type AttributeHead = [name: string, type: string, kind: "text" | "bytes", length: number];

/**
 * A frame: the length of the head, the head in JSON, and then the bytes as they are. In JSON a full message could
 * become twice as long.
 */
export function encodeContent(content: Content): Uint8Array {
  const parts: Buffer[] = [Buffer.from(content.body)];
  const headOf = (attributes: Record<string, Attribute> | undefined): AttributeHead[] | undefined =>
    attributes &&
    Object.entries(attributes).map(([name, { type, text, bytes }]) => {
      const value = bytes === undefined ? Buffer.from(text ?? "") : Buffer.from(bytes, "base64");
      parts.push(value);
      return [name, type, bytes === undefined ? "text" : "bytes", value.length];
    });
  const head: Head = { body: parts[0]!.length };
  const attributes = headOf(content.attributes);
  if (attributes) head.attributes = attributes;
  const systemAttributes = headOf(content.systemAttributes);
  if (systemAttributes) head.systemAttributes = systemAttributes;
  if (content.trace !== undefined) head.trace = content.trace;
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text, ...parts]);
}

export function decodeContent(frame: Uint8Array): Content {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  let at = 4 + bytes.readUInt32BE();
  const head: Head = JSON.parse(bytes.toString("utf8", 4, at));
  const next = (length: number) => bytes.subarray(at, (at += length));
  const attributesOf = (heads: AttributeHead[] | undefined) =>
    heads &&
    Object.fromEntries(
      heads.map(([name, type, kind, length]): [string, Attribute] => {
        const value = next(length);
        return [
          name,
          kind === "text" ? { type, text: value.toString() } : { type, bytes: value.toString("base64") },
        ];
      }),
    );
  const content: Content = { body: next(head.body).toString() };
  const attributes = attributesOf(head.attributes);
  if (attributes) content.attributes = attributes;
  const systemAttributes = attributesOf(head.systemAttributes);
  if (systemAttributes) content.systemAttributes = systemAttributes;
  if (head.trace !== undefined) content.trace = head.trace;
  return content;
}

export async function contentOf(tx: ReadTransaction, { content, queue, seq }: Message): Promise<Content> {
  if (content) return content;
  const frame = await tx.getBytes(contents, [queue, seq]);
  if (!frame) throw new Error(`message ${seq} of queue ${queue} has no content`);
  return decodeContent(frame);
}
