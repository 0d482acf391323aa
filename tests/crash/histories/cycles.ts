import type { Edge, Graph, Reason } from "./graph.ts";

/** An edge with its start node. */
export type Link = Edge & { from: number };

/**
 * The strongly connected components with more than one node: Tarjan's algorithm, without recursion.
 * @param reasons the reasons of the edges to consider
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

/** The shortest path within a set of nodes, by breadth-first search; `undefined` if there is none. */
function shortestPath(
  graph: Graph,
  from: number,
  to: number,
  within: ReadonlySet<number>,
  reasons: ReadonlySet<Reason>,
): Link[] | undefined {
  const arrivals = new Map<number, Link>();
  let edge = [from];
  while (edge.length > 0 && !arrivals.has(to)) {
    const next: number[] = [];
    for (const at of edge) {
      for (const step of graph[at]!) {
        if (!reasons.has(step.reason) || !within.has(step.to) || arrivals.has(step.to)) continue;
        arrivals.set(step.to, { ...step, from: at });
        next.push(step.to);
      }
    }
    edge = next;
  }
  if (!arrivals.has(to)) return undefined;
  const way: Link[] = [];
  for (let at = to; way.length === 0 || at !== from; ) {
    const link = arrivals.get(at)!;
    way.unshift(link);
    at = link.from;
  }
  return way;
}

/** The most edges of a component that are tried, since any cycle is sufficient in a large one. */
const MAX_TRIED = 500;

/**
 * Finds a short cycle within a component that contains an edge with the reason `through`: preferably only one such edge,
 * otherwise several.
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
      const way = shortestPath(graph, edge.to, edge.from, within, allowed);
      if (way && (!best || way.length + 1 < best.length)) best = [edge, ...way];
    }
    if (best) return best;
  }
  return undefined;
}
