import { collection, type Place } from "../records/collection.ts";
import type { Home } from "../records/home.ts";

/**
 * A message to people or their devices: mail, a text message, a push notification. It is not really sent, but
 * kept for the operator at `/_nube/outbox`.
 */
export interface Letter {
  kind: "email" | "sms" | "push";
  /** The sending service: `sns`. */
  service: string;
  to: string;
  from?: string;
  subject?: string;
  body: string;
  /** The subject of the message: the ARN of a subscription, the id of a message. */
  about?: string;
  /** The device's token. */
  token?: string;
  platform?: string;
}

export interface PostedLetter extends Letter, Place {
  order: number;
  /** Cloud time. */
  time: number;
}

/** The interface for services. */
export interface Letters {
  put(letter: Letter): Promise<void>;
}

/** The interface for the cloud. */
export interface LetterBox {
  put(letter: Letter, place: Place): Promise<void>;
  /** Newest first. */
  list(limit: number): Promise<PostedLetter[]>;
  clear(): Promise<void>;
}

const letters = collection<PostedLetter>("kernel/letter", { scope: "partition", key: (l) => [l.order] });

/** When there are more, the oldest are deleted. */
const MAX_LETTERS = 1_000;
/** The number of letters between two counts, since a count reads them all. */
const LETTERS_PER_COUNT = 50;

export function openLetters(home: () => Home): LetterBox {
  return {
    put: (letter, { account, region }) =>
      home().write(async (tx) => {
        tx.put(letters, { order: tx.sequence(), time: tx.now(), account, region, ...letter });
        if (tx.random.below(LETTERS_PER_COUNT) > 0) return;
        const [last] = (await tx.list(letters, { limit: MAX_LETTERS, reverse: true })).slice(MAX_LETTERS - 1);
        if (!last) return;
        const old = await tx.list(letters, { before: [last.order], limit: MAX_LETTERS });
        for (const { order } of old) tx.delete(letters, [order]);
      }),
    list: (limit) =>
      home().read((tx) => tx.list(letters, { limit: Math.min(limit, MAX_LETTERS), reverse: true })),
    clear: () =>
      home().write(async (tx) => {
        for (let deleted = MAX_LETTERS; deleted === MAX_LETTERS; ) {
          const page = await tx.list(letters, { limit: MAX_LETTERS });
          for (const { order } of page) tx.delete(letters, [order]);
          deleted = page.length;
        }
      }),
  };
}
