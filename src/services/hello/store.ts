import type { Language } from "#aws/contract/types/hello.ts";
import { type BlobRef, blobSteps } from "#kernel/blobs.ts";
import { collection, type Place } from "#kernel/records/collection.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { greetingNotFound } from "./errors.ts";

export interface Greeting {
  name: string;
  text: string;
  language: Language;
  created: number;
  /** The cloud time at which it is learned and can be said. */
  learnedAt: number;
  learned: boolean;
  timesSaid: number;
  recording?: BlobRef;
}

export const greetings = collection<Greeting>("hello/greeting", {
  scope: "region",
  key: (greeting) => [greeting.name],
  indexes: { byLanguage: (greeting) => [greeting.language, greeting.name] },
});

/** Requested sayings that have not been said yet. */
export const sayings = collection<{ id: string; name: string; to: string }>("hello/saying", {
  scope: "region",
  key: (saying) => [saying.id],
});

export const recordings = blobSteps("hello", "region");

export const arnOf = ({ account, region }: Place, name: string): string =>
  `arn:aws:hello:${region}:${account}:greeting/${name}`;

/** @throws {AwsError} GreetingNotFoundException */
export async function greetingAt(tx: ReadTransaction, name: string): Promise<Greeting> {
  const greeting = await tx.get(greetings, [name]);
  if (!greeting) throw greetingNotFound(name);
  return greeting;
}
