/** The receivable messages of one group, in order. While one is in flight, all others wait. */
export interface Group {
  readonly name: string;
  /** Messages that were received before and are visible again; they come before the others. */
  readonly returned: number[];
  /** Messages that have never been received, from `head` on. */
  seqs: number[];
  head: number;
  inFlight: number;
}

/** Removed elements are cut off when there are this many, and more of them than remaining ones. */
const MAX_TAKEN = 64;

export const groupNamed = (name: string): Group => ({ name, returned: [], seqs: [], head: 0, inFlight: 0 });

export const messageAt = ({ returned, seqs, head }: Group, place: number): number | undefined =>
  place < returned.length ? returned[place] : seqs[head + place - returned.length];

export function dropFirst(group: Group, count: number): void {
  const fromReturned = Math.min(count, group.returned.length);
  group.returned.splice(0, fromReturned);
  group.head += count - fromReturned;
  if (group.head < MAX_TAKEN || group.head * 2 < group.seqs.length) return;
  group.seqs = group.seqs.slice(group.head);
  group.head = 0;
}

export function putBack({ returned }: Group, seq: number): void {
  const place = returned.findIndex((later) => later > seq);
  returned.splice(place < 0 ? returned.length : place, 0, seq);
}
