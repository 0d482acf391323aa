import type { BytesRow } from "#kernel/transaction.ts";

const NOTHING = new Uint8Array();

/** Where a row stands, as a text that a job can keep. */
export const placeOf = ({ key }: BytesRow): string => Buffer.from(key).toString("base64");

/** The row of such a place, to go on behind it. */
export const rowAt = (place: string): BytesRow => ({ key: Buffer.from(place, "base64"), value: NOTHING });
