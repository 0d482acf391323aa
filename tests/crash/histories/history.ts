/** An operation added an element to a list, which nobody else adds. */
export interface Append {
  key: string;
  append: number;
}

/** An operation saw a list, the whole of it. */
export interface Read {
  key: string;
  read: readonly number[];
}

export type Step = Append | Read;

/** One operation of one session, as its client saw it. */
export interface Operation {
  /** What was called, for whoever looks into an anomaly. */
  call: string;
  session: string;
  /** In the order in which they took effect, if the operation took effect. */
  steps: readonly Step[];
  /** Milliseconds of a clock that all clients share and nobody sets back. */
  begun: number;
  /** Infinite where no answer came. */
  ended: number;
  /** `unknown` has happened, or not, or happens still. */
  outcome: "done" | "refused" | "unknown";
}

export const NEVER = Number.POSITIVE_INFINITY;

/** Something that no serial order of the operations explains, with all that shows it. */
export interface Anomaly {
  kind: AnomalyKind;
  detail: string;
}

/**
 * Adya's names for cycles of dependencies: G0 of writes alone, G1c with what was read, G-single with one read that missed a
 * write (a lost update, say), G2 with several (a write skew). With `-realtime` the order in which operations were called and
 * answered is part of the cycle. The others are seen without a graph.
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
  /** A read of what was refused. */
  | "G1a"
  /** A read of what an operation had not finished. */
  | "G1b"
  /** Somebody's own writes do not stand in what it read. */
  | "internal"
  /** An element stands twice in a list. */
  | "doubled"
  /** Nobody has sent it. */
  | "unwritten"
  /** Of two lists of one key, neither begins with the other. */
  | "diverged"
  /** What was acknowledged before a read began is not in it. */
  | "lost"
  /** What one read had seen, a later one does not see. */
  | "taken back";

/** An operation as a line of a report. */
export function describeOperation({ call, session, steps, begun, ended, outcome }: Operation): string {
  const each = steps.map((step) =>
    "append" in step ? `${step.key} += ${step.append}` : `${step.key} = [${step.read.slice(-8).join(" ")}]`,
  );
  return `${session} ${call} ${outcome} ${begun.toFixed(2)}–${ended.toFixed(2)}: ${each.join(", ")}`;
}
