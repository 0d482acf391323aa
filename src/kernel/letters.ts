import { collection, type Place } from "./collection.ts";
import type { Home } from "./home.ts";

/**
 * A message to people or their devices: mail, a text message, a notification on a phone. Nothing is really sent: messages
 * are kept for whoever runs the cloud, at `/_nube/outbox`.
 */
export interface Letter {
  kind: "email" | "sms" | "push";
  /** Who sends it: `sns`. */
  service: string;
  to: string;
  from?: string;
  subject?: string;
  body: string;
  /** What it is about: the ARN of a subscription, the id of a message. */
  about?: string;
  /** Of a device. */
  token?: string;
  platform?: string;
}

export interface PostedLetter extends Letter, Place {
  order: number;
  /** Cloud time. */
  time: number;
}

/** As a service sees it. */
export interface Letters {
  put(letter: Letter): Promise<void>;
}

/** As the cloud keeps it. */
export interface LetterBox {
  put(letter: Letter, place: Place): Promise<void>;
  /** Newest first. */
  list(limit: number): Promise<PostedLetter[]>;
  clear(): Promise<void>;
}

const letters = collection<PostedLetter>("kernel/letter", { scope: "partition", key: (l) => [l.order] });

/** The oldest are deleted when there are more. */
const MAX_LETTERS = 1_000;
/** They are counted once in so many letters, since a count reads them all. */
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
