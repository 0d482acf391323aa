import type { Edge, Graph, Reason } from "./graph.ts";

/** An edge with where it begins. */
export type Link = Edge & { from: number };

/**
 * The parts of a graph in which each is reachable from each, of more than one place: Tarjan's algorithm, without recursion.
 * @param reasons the edges that count
 */
export function components(graph: Graph, reasons: ReadonlySet<Reason>): number[][] {
  const index = new Int32Array(graph.length).fill(-1);
  const low = new Int32Array(graph.length);
  const isOpen = new Uint8Array(graph.length);
  const open: number[] = [];
  const components: number[][] = [];
  let count = 0;
  const enter = (at: number) => {
    index[at] = low[at] = count++;
    isOpen[at] = 1;
    open.push(at);
    return { at, edge: 0 };
  };
  for (let root = 0; root < graph.length; root++) {
    if (index[root] !== -1) continue;
    const path = [enter(root)];
    while (path.length > 0) {
      const top = path.at(-1)!;
      const edge = graph[top.at]![top.edge++];
      if (edge) {
        if (!reasons.has(edge.reason)) continue;
        if (index[edge.to] === -1) path.push(enter(edge.to));
        else if (isOpen[edge.to]) low[top.at] = Math.min(low[top.at]!, index[edge.to]!);
        continue;
      }
      path.pop();
      const above = path.at(-1);
      if (above) low[above.at] = Math.min(low[above.at]!, low[top.at]!);
      if (low[top.at] !== index[top.at]) continue;
      const component: number[] = [];
      for (let one = -1; one !== top.at; ) {
        one = open.pop()!;
        isOpen[one] = 0;
        component.push(one);
      }
      if (component.length > 1) components.push(component);
    }
  }
  return components;
}

/** The shortest way, breadth first, within a set of places; `undefined` where there is none. */
function shortestWay(
  graph: Graph,
  from: number,
  to: number,
  within: ReadonlySet<number>,
  reasons: ReadonlySet<Reason>,
): Link[] | undefined {
  const came = new Map<number, Link>();
  let edge = [from];
  while (edge.length > 0 && !came.has(to)) {
    const next: number[] = [];
    for (const at of edge) {
      for (const step of graph[at]!) {
        if (!reasons.has(step.reason) || !within.has(step.to) || came.has(step.to)) continue;
        came.set(step.to, { ...step, from: at });
        next.push(step.to);
      }
    }
    edge = next;
  }
  if (!came.has(to)) return undefined;
  const way: Link[] = [];
  for (let at = to; way.length === 0 || at !== from; ) {
    const link = came.get(at)!;
    way.unshift(link);
    at = link.from;
  }
  return way;
}

/** How many edges of a component are tried: in a large one any cycle will do. */
const MAX_TRIED = 500;

/**
 * A short cycle within a component, which goes over an edge of that reason once at least, and over no other of it if there is
 * such a cycle.
 */
export function cycleIn(
  graph: Graph,
  component: readonly number[],
  reasons: ReadonlySet<Reason>,
  through: Reason,
): Link[] | undefined {
  const within = new Set(component);
  const edges: Link[] = [];
  for (const from of component) {
    for (const edge of graph[from]!) {
      if (edge.reason !== through || !within.has(edge.to)) continue;
      edges.push({ ...edge, from });
    }
  }
  const others = new Set([...reasons].filter((reason) => reason !== through));
  for (const allowed of [others, reasons]) {
    let best: Link[] | undefined;
    for (const edge of edges.slice(0, MAX_TRIED)) {
      const way = shortestWay(graph, edge.to, edge.from, within, allowed);
      if (way && (!best || way.length + 1 < best.length)) best = [edge, ...way];
    }
    if (best) return best;
  }
  return undefined;
}
