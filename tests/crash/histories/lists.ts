import { type Anomaly, type AnomalyKind, describeOperation, type Operation } from "./history.ts";

/** What a history shows of a list. */
export interface List {
  key: string;
  /** The operation that added each element, including refused operations. */
  writers: Map<number, Operation>;
  /** The longest list that was read, which shows the order of all versions, as each extends the previous one. */
  order: readonly number[];
  reads: { by: Operation; list: readonly number[] }[];
}

/** Collects the writes and the completed reads of each list. */
export function listsIn(history: readonly Operation[]): Map<string, List> {
  const lists = new Map<string, List>();
  const at = (key: string) => {
    let list = lists.get(key);
    if (!list) lists.set(key, (list = { key, writers: new Map(), order: [], reads: [] }));
    return list;
  };
  for (const by of history) {
    for (const step of by.steps) {
      const list = at(step.key);
      if ("append" in step) list.writers.set(step.append, by);
      else if (by.outcome === "done") {
        list.reads.push({ by, list: step.read });
        if (step.read.length > list.order.length) list.order = step.read;
      }
    }
  }
  return lists;
}

/** The anomalies within a single list. */
export function anomaliesOf(list: List): Anomaly[] {
  return [...readAnomalies(list), ...lostElements(list)];
}

function readAnomalies({ key, writers, order, reads }: List): Anomaly[] {
  const anomalies: Anomaly[] = [];
  for (const { by, list } of reads) {
    const report = (kind: AnomalyKind, what: string) =>
      anomalies.push({ kind, detail: `${key}: ${what}; ${describeOperation(by)}` });
    const seen = new Set<number>();
    for (const [at, element] of list.entries()) {
      const writer = writers.get(element);
      if (seen.has(element)) report("doubled", `${element} stands twice`);
      seen.add(element);
      if (!writer) report("unwritten", `nobody sent ${element}`);
      else if (writer.outcome === "refused")
        report("G1a", `${element} was refused: ${describeOperation(writer)}`);
      if (element !== order[at]) {
        report("diverged", `${list.slice(at, at + 5)} where another read ${order.slice(at, at + 5)}`);
        break;
      }
    }
    const last = writers.get(list.at(-1)!);
    if (last && last !== by) {
      const missing = appendsTo(last, key).filter((element) => !seen.has(element));
      if (missing.length > 0) report("G1b", `${missing} is not there yet: ${describeOperation(last)}`);
    }
    const inside = internalContradiction(by, key, list);
    if (inside !== undefined) report("internal", inside);
  }
  return anomalies;
}

const appendsTo = ({ steps }: Operation, key: string): number[] =>
  steps.flatMap((step) => (step.key === key && "append" in step ? step.append : []));

/** The contradiction between a read and the operation's own writes before and after it, if there is one. */
function internalContradiction(
  { steps }: Operation,
  key: string,
  list: readonly number[],
): string | undefined {
  const own = steps.filter((step) => step.key === key);
  const at = own.findIndex((step) => "read" in step && step.read === list);
  const elements = (part: typeof own) => part.flatMap((step) => ("append" in step ? step.append : []));
  const before = elements(own.slice(0, at));
  if (before.some((element, n) => list.at(n - before.length) !== element)) return `it had added ${before}`;
  const after = elements(own.slice(at)).filter((element) => list.includes(element));
  return after.length > 0 ? `it had yet to add ${after}` : undefined;
}

/** Elements that were acknowledged or read, but that a later read lacks. */
function lostElements({ key, writers, reads }: List): Anomaly[] {
  const anomalies: Anomaly[] = [];
  const reported = new Set<number>();
  const promises = [
    ...[...writers].flatMap(([element, by]) =>
      by.outcome === "done" ? [{ kind: "lost" as const, by, list: [element] }] : [],
    ),
    ...reads.map((read) => ({ kind: "taken back" as const, ...read })),
  ].sort((a, b) => a.by.ended - b.by.ended);
  let next = 0;
  /** The expected elements, each with the operation that first acknowledged or read it. */
  const promised = new Map<number, (typeof promises)[number]>();
  for (const { by, list } of reads.toSorted((a, b) => a.by.begun - b.by.begun)) {
    for (; next < promises.length && promises[next]!.by.ended < by.begun; next++)
      for (const element of promises[next]!.list)
        if (!promised.has(element)) promised.set(element, promises[next]!);
    const seen = new Set(list);
    for (const [element, { kind, by: before }] of promised) {
      if (seen.has(element) || reported.has(element)) continue;
      reported.add(element);
      anomalies.push({
        kind,
        detail: `${key}: ${element} by ${describeOperation(before)}; not in ${describeOperation(by)}`,
      });
    }
  }
  return anomalies;
}
