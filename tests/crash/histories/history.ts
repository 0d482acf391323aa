/** The addition of an element, which is unique, to a list. */
export interface Append {
  key: string;
  append: number;
}

/** The read of a whole list. */
export interface Read {
  key: string;
  read: readonly number[];
}

export type Step = Append | Read;

/** An operation of a session, as seen by its client. */
export interface Operation {
  /** The name of the call, for reports. */
  call: string;
  session: string;
  /** In the order in which they took effect, if the operation did. */
  steps: readonly Step[];
  /** Milliseconds of a monotonic clock that all clients share. */
  begun: number;
  /** Infinite without a response. */
  ended: number;
  /** An `unknown` operation has happened, has not, or is still going to. */
  outcome: "done" | "refused" | "unknown";
}

export const NEVER = Number.POSITIVE_INFINITY;

/** A result that no serial order of the operations explains, with its evidence. */
export interface Anomaly {
  kind: AnomalyKind;
  detail: string;
}

/**
 * Adya's names for cycles of dependencies: G0 has writes only; G1c also has reads of written values; G-single has one read
 * that missed a write, such as a lost update; G2 has several, such as a write skew. With `-realtime`, the order of calls and
 * responses is part of the cycle. The other kinds need no graph.
 */
export type AnomalyKind =
  | "G0"
  | "G1c"
  | "G-single"
  | "G2"
  | "G0-realtime"
  | "G1c-realtime"
  | "G-single-realtime"
  | "G2-realtime"
  /** A read of an element whose write was refused. */
  | "G1a"
  /** A read of an intermediate state of an operation. */
  | "G1b"
  /** A read that contradicts the operation's own writes. */
  | "internal"
  /** A list that contains an element twice. */
  | "doubled"
  /** An element that was never sent. */
  | "unwritten"
  /** Two reads of a list, neither of which is a prefix of the other. */
  | "diverged"
  /** An element that was acknowledged before a read began, but that the read lacks. */
  | "lost"
  /** An element that an earlier read contained, but that a later one lacks. */
  | "taken back";

/** An operation as a line of a report. */
export function describeOperation({ call, session, steps, begun, ended, outcome }: Operation): string {
  const each = steps.map((step) =>
    "append" in step ? `${step.key} += ${step.append}` : `${step.key} = [${step.read.slice(-8).join(" ")}]`,
  );
  return `${session} ${call} ${outcome} ${begun.toFixed(2)}–${ended.toFixed(2)}: ${each.join(", ")}`;
}
