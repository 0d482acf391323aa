export interface Arrived {
  /** Milliseconds since 1970, cloud time. */
  arrival: number;
  data: Buffer;
}

/** The header of a record: arrival (8 bytes) and length (4 bytes). */
const HEAD = 12;
/** The maximum size of a row, well below the store's limit. */
const MAX_BYTES_IN_ROW = 2 ** 20;

/** Packs records into a sequence of bytes, cut into rows of the maximum size. */
export function packed(records: readonly { arrival: number; data: Uint8Array }[]): Buffer[] {
  const frames = records.flatMap(({ arrival, data }) => {
    const head = Buffer.allocUnsafe(HEAD);
    head.writeDoubleBE(arrival);
    head.writeUInt32BE(data.length, 8);
    return [head, data];
  });
  const all = Buffer.concat(frames);
  const rows: Buffer[] = [];
  for (let at = 0; at < all.length; at += MAX_BYTES_IN_ROW)
    rows.push(all.subarray(at, at + MAX_BYTES_IN_ROW));
  return rows;
}

/** Unpacks the records of a batch from all of its rows, in order. */
export function unpacked(rows: readonly Uint8Array[]): Arrived[] {
  const all = Buffer.concat(rows);
  const records: Arrived[] = [];
  for (let at = 0; at < all.length; ) {
    const from = at + HEAD;
    const to = from + all.readUInt32BE(at + 8);
    records.push({ arrival: all.readDoubleBE(at), data: all.subarray(from, to) });
    at = to;
  }
  return records;
}
