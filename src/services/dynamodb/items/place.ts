import type { BytesRow } from "#kernel/records/transaction.ts";

const NOTHING = new Uint8Array();

/** The position of a row, as a string that a job's payload can hold. */
export const placeOf = ({ key }: BytesRow): string => Buffer.from(key).toString("base64");

/** A row at a position from `placeOf`, to continue a range after it. */
export const rowAt = (place: string): BytesRow => ({ key: Buffer.from(place, "base64"), value: NOTHING });
