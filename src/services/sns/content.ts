import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { contents, holds, type Message, type MessageContent, type StoredMessage } from "./store.ts";

/**
 * The maximum characters of a message that is stored whole in the row of each delivery. JSON makes them six times as long at
 * most, and a batch of ten messages may have a thousand deliveries in one transaction.
 */
const MAX_INLINE = 4_096;
/** The bytes of a piece. A message of 1 MiB has up to 6 MiB in JSON, and a row 2 MiB at most. */
const PIECE_BYTES = 1024 * 1024;
const MAX_PIECES = 100;

/** A message as rows have it. */
export function stored(message: Message): StoredMessage {
  if (lengthOf(message) <= MAX_INLINE) return message;
  const { bodies, attributes, ...head } = message;
  return head;
}

function lengthOf({ bodies, attributes = {} }: MessageContent): number {
  const texts = [
    ...Object.entries(bodies).flat(),
    ...Object.entries(attributes).flatMap(([name, { type, text = "", bytes = "" }]) => [
      name,
      type,
      text,
      bytes,
    ]),
  ];
  return texts.reduce((sum, text) => sum + text.length, 0);
}

const isInline = (message: StoredMessage): message is Message => message.bodies !== undefined;

/** Stores the content of a large message, for the first of its holders. */
export function store(tx: Transaction, message: Message, holder: number): void {
  const head = stored(message);
  if (isInline(head)) return;
  const { bodies, attributes } = message;
  const json = Buffer.from(JSON.stringify({ bodies, attributes } satisfies MessageContent));
  for (let at = 0; at < json.length; at += PIECE_BYTES)
    tx.putBytes(contents, [message.id, at / PIECE_BYTES], json.subarray(at, at + PIECE_BYTES));
  hold(tx, head, holder);
}

/** Keeps the content of a large message until this holder, and every other, has released it. */
export function hold(tx: Transaction, message: StoredMessage, holder: number): void {
  if (!isInline(message)) tx.put(holds, { message: message.id, holder });
}

export async function release(tx: Transaction, message: StoredMessage, holder: number): Promise<void> {
  if (isInline(message)) return;
  tx.delete(holds, [message.id, holder]);
  const [other] = await tx.list(holds, { in: [message.id], limit: 1 });
  if (other) return;
  for (const piece of await piecesOf(tx, message)) tx.deleteRow(piece);
}

/** A message with its content; `undefined` if all its holders have released it. */
export async function whole(tx: ReadTransaction, message: StoredMessage): Promise<Message | undefined> {
  if (isInline(message)) return message;
  const pieces = await piecesOf(tx, message);
  if (pieces.length === 0) return undefined;
  const content: MessageContent = JSON.parse(Buffer.concat(pieces.map(({ value }) => value)).toString());
  return { ...message, ...content };
}

const piecesOf = (tx: ReadTransaction, { id }: StoredMessage) =>
  tx.listBytes(contents, { in: [id], limit: MAX_PIECES });
