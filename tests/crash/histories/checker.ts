import { components, cycleIn, type Link } from "./cycles.ts";
import { graphOf, type Reason } from "./graph.ts";
import { type Anomaly, type AnomalyKind, describeOperation, type Operation } from "./history.ts";
import { anomaliesOf, listsIn } from "./lists.ts";

/** From the most to the least severe anomaly. A component with a cycle is not searched again with more reasons. */
const SEARCHES: readonly { reasons: readonly Reason[]; through: Reason }[] = [
  { reasons: ["ww"], through: "ww" },
  { reasons: ["ww", "wr"], through: "wr" },
  { reasons: ["ww", "wr", "rw"], through: "rw" },
  { reasons: ["ww", "realtime"], through: "ww" },
  { reasons: ["ww", "wr", "realtime"], through: "wr" },
  { reasons: ["ww", "wr", "rw", "realtime"], through: "rw" },
];

/**
 * Finds violations of strict serializability: whether the operations can be put in an order in which each takes effect
 * between its call and its response. Operations only append to lists, so that a list shows the order of all writes to it.
 * This and the reads determine which operation precedes which; a cycle of these dependencies is an anomaly.
 */
export function anomaliesIn(history: readonly Operation[]): Anomaly[] {
  const lists = [...listsIn(history).values()];
  const graph = graphOf(history, lists);
  const cycles: Anomaly[] = [];
  const found: ReadonlySet<number>[] = [];
  for (const { reasons, through } of SEARCHES) {
    const counted = new Set(reasons);
    for (const component of components(graph, counted)) {
      const places = new Set(component);
      if (found.some((cycle) => cycle.isSubsetOf(places))) continue;
      const cycle = cycleIn(graph, component, counted, through);
      if (!cycle) continue;
      found.push(new Set(cycle.map(({ from }) => from)));
      cycles.push({ kind: kindOf(cycle), detail: described(cycle, history) });
    }
  }
  return [...lists.flatMap(anomaliesOf), ...cycles];
}

function kindOf(cycle: readonly Link[]): AnomalyKind {
  const count = (reason: Reason) => cycle.filter((link) => link.reason === reason).length;
  const missed = count("rw");
  const kind = missed > 1 ? "G2" : missed === 1 ? "G-single" : count("wr") > 0 ? "G1c" : "G0";
  return count("realtime") > 0 ? `${kind}-realtime` : kind;
}

const described = (cycle: readonly Link[], history: readonly Operation[]) =>
  cycle
    .map(
      ({ from, reason, because }) => `${describeOperation(history[from]!)}\n    then (${reason}, ${because})`,
    )
    .join("\n  ");
