import type { Random } from "#lib/random.ts";

/** Returns an id for a rule that has none: like S3, a UUID in base64, which has 48 characters. */
export const generatedId = (random: Random): string => Buffer.from(random.uuid()).toString("base64");
