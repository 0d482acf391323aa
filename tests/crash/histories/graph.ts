import type { Operation } from "./history.ts";
import type { List } from "./lists.ts";

/**
 * Why an operation precedes another: it wrote the preceding version (ww), wrote what the other read (wr), read what the other
 * overwrote (rw), or ended before the other began (realtime).
 */
export type Reason = "ww" | "wr" | "rw" | "realtime";

export interface Edge {
  to: number;
  reason: Reason;
  /** The evidence. */
  because: string;
}

/** The edges from each operation, by its position in the history, to those that must follow it. */
export type Graph = Edge[][];

/** Builds the graph without refused operations, and without unknown ones that had no visible effect. */
export function graphOf(history: readonly Operation[], lists: Iterable<List>): Graph {
  const places = new Map(history.map((operation, at) => [operation, at]));
  const graph: Graph = history.map(() => []);
  const isVisible = history.map(({ outcome }) => outcome === "done");
  const link = (from: Operation | undefined, to: Operation | undefined, reason: Reason, because: string) => {
    if (!from || !to || from === to || from.outcome === "refused" || to.outcome === "refused") return;
    graph[places.get(from)!]!.push({ to: places.get(to)!, reason, because });
  };
  for (const { key, writers, order, reads } of lists) {
    for (const element of order) {
      const writer = writers.get(element);
      if (writer) isVisible[places.get(writer)!] = true;
    }
    for (let at = 1; at < order.length; at++)
      link(
        writers.get(order[at - 1]!),
        writers.get(order[at]!),
        "ww",
        `${key}: ${order[at - 1]}, ${order[at]}`,
      );
    for (const { by, list } of reads) {
      const last = list.at(-1);
      if (last !== undefined) link(writers.get(last), by, "wr", `${key}: ${last} was read`);
      const next = order[list.length];
      if (next !== undefined) link(by, writers.get(next), "rw", `${key}: ${next} was not yet there`);
    }
    // Acknowledged elements that were never read come after all elements that were.
    const longest = reads.filter(({ list }) => list.length === order.length);
    for (const [element, writer] of writers) {
      if (writer.outcome !== "done" || order.includes(element)) continue;
      link(writers.get(order.at(-1)!), writer, "ww", `${key}: ${order.at(-1)}, ${element}`);
      for (const { by } of longest) link(by, writer, "rw", `${key}: ${element} was not yet there`);
    }
  }
  linkRealtime(history, isVisible, graph);
  return graph;
}

/** Links operations in order of time. Only adjacent pairs are linked, since the other links follow from these. */
function linkRealtime(history: readonly Operation[], isVisible: readonly boolean[], graph: Graph): void {
  const calls = history.flatMap((_, at) => (isVisible[at] ? at : []));
  const answers = calls.filter((at) => history[at]!.outcome === "done");
  calls.sort((a, b) => history[a]!.begun - history[b]!.begun);
  answers.sort((a, b) => history[a]!.ended - history[b]!.ended);
  /** The completed operations that no other completed operation follows. */
  let latest: number[] = [];
  let next = 0;
  for (const call of calls) {
    const { begun } = history[call]!;
    for (; next < answers.length && history[answers[next]!]!.ended < begun; next++) {
      const answered = answers[next]!;
      latest = latest.filter((one) => history[one]!.ended >= history[answered]!.begun);
      latest.push(answered);
    }
    for (const before of latest)
      graph[before]!.push({ to: call, reason: "realtime", because: "it was answered before the call" });
  }
}
