/** The headers that AWS's clients and browsers send with nearly every request. */
const USUAL = [
  ...["accept", "accept-encoding", "authorization", "cache-control", "connection", "content-encoding"],
  ...["content-length", "content-md5", "content-type", "cookie", "date", "expect", "host", "if-match"],
  ...["if-modified-since", "if-none-match", "keep-alive", "origin", "range", "referer", "te", "trailer"],
  ...["transfer-encoding", "user-agent", "amz-sdk-invocation-id", "amz-sdk-request", "x-amz-acl"],
  ...["x-amz-algorithm", "x-amz-api-version", "x-amz-checksum-algorithm", "x-amz-checksum-crc32"],
  ...["x-amz-checksum-crc32c", "x-amz-checksum-crc64nvme", "x-amz-checksum-mode", "x-amz-checksum-sha256"],
  ...["x-amz-content-sha256", "x-amz-copy-source", "x-amz-date", "x-amz-decoded-content-length"],
  ...["x-amz-sdk-checksum-algorithm", "x-amz-security-token", "x-amz-storage-class", "x-amz-tagging"],
  ...["x-amz-target", "x-amz-trailer", "x-amz-user-agent", "x-amzn-query-mode", "x-amzn-trace-id"],
];

const LOWER = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 128 ? String.fromCharCode(byte).toLowerCase().charCodeAt(0) : byte,
);

const SLOTS = 1_024;
const slots: (string | undefined)[] = Array(SLOTS).fill(undefined);
for (const name of USUAL) slots[slotOf(Buffer.from(name), 0, name.length)] = name;

/**
 * Returns the lower-case name in the bytes. A usual name is recognized and its interned string returned,
 * which takes half the time of creating a new string, and half the time of finding that in a record.
 */
export function fieldName(bytes: Buffer, start: number, end: number): string {
  const usual = slots[slotOf(bytes, start, end)];
  return usual !== undefined && isSame(usual, bytes, start, end)
    ? usual
    : bytes.toString("latin1", start, end).toLowerCase();
}

function slotOf(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i++) sum = (Math.imul(sum, 31) + LOWER[bytes[i]!]!) | 0;
  return sum & (SLOTS - 1);
}

function isSame(name: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== LOWER[bytes[start + i]!]) return false;
  return true;
}
