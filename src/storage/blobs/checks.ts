/** Ids become file names, so anything but 32 hex digits is rejected. */
export function checkId(id: string): void {
  if (!/^[0-9a-f]{32}$/.test(id)) throw new TypeError(`not the id of a blob: ${JSON.stringify(id)}`);
}

/** @throws {RangeError} unless `start` to `end` lies within a blob of `size` bytes */
export function checkRange(start: number, end: number, size: number): void {
  const sound = Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start <= end && end <= size;
  if (!sound) throw new RangeError(`bytes ${start} to ${end} of a blob of ${size}`);
}
