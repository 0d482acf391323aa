import type { Operation } from "./history.ts";
import type { List } from "./lists.ts";

/** Why an operation comes before another: it wrote the version before, or one that was read, or read the one before. */
export type Reason = "ww" | "wr" | "rw" | "realtime";

export interface Edge {
  to: number;
  reason: Reason;
  /** What shows it. */
  because: string;
}

/** From each operation, by its place in the history, to those that must come after it. */
export type Graph = Edge[][];

/** Leaves out what was refused, and what is unknown and left no trace. */
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
    // What was acknowledged and never read comes after all that was.
    const longest = reads.filter(({ list }) => list.length === order.length);
    for (const [element, writer] of writers) {
      if (writer.outcome !== "done" || order.includes(element)) continue;
      link(writers.get(order.at(-1)!), writer, "ww", `${key}: ${order.at(-1)}, ${element}`);
      for (const { by } of longest) link(by, writer, "rw", `${key}: ${element} was not yet there`);
    }
  }
  linkInTime(history, isVisible, graph);
  return graph;
}

/** One edge for each pair between which nothing else was both called and answered: the rest follows from them. */
function linkInTime(history: readonly Operation[], isVisible: readonly boolean[], graph: Graph): void {
  const calls = history.flatMap((_, at) => (isVisible[at] ? at : []));
  const answers = calls.filter((at) => history[at]!.outcome === "done");
  calls.sort((a, b) => history[a]!.begun - history[b]!.begun);
  answers.sort((a, b) => history[a]!.ended - history[b]!.ended);
  /** Those answered of which no later one that was answered knows by having been called after them. */
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
