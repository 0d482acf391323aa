export interface Arrived {
  /** Cloud time. */
  arrival: number;
  data: Buffer;
}

/** Arrival and length: 8 and 4 bytes before the data. */
const HEAD = 12;
/** Of a row, well below what the store takes. */
const MAX_BYTES_IN_ROW = 2 ** 20;

/** Records as a run of bytes, cut into rows wherever one is full. */
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

/** All rows of a batch, in order, as the records that they hold. */
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
