import type { Random } from "#lib/random.ts";

/** An id of 48 characters for a rule that came without one: S3 writes a UUID in base64. */
export const generatedId = (random: Random): string => Buffer.from(random.uuid()).toString("base64");
