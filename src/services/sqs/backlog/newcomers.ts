import { type NumberQueue, numberQueue } from "#lib/number-queue.ts";

/**
 * Messages that have never been received, in the order in which they were sent. Messages of a noisy group are set aside until
 * the group is quiet again, or no others are left, so that no group delays the others.
 */
export interface Newcomers {
  readonly size: number;
  push(seq: number, group: string | undefined): void;
  walk(isNoisy: IsNoisy): NewcomersWalk;
}

type IsNoisy = (group: string | undefined) => boolean;

export interface NewcomersWalk {
  /** The next message, which `take` removes. */
  peek(): number | undefined;
  take(): void;
  commit(): void;
}

/** The data of a walk. */
interface Line {
  readonly order: NumberQueue;
  /** The groups of the messages that have one. */
  readonly groupOf: Map<number, string>;
  /** Messages set aside, by group, and their total number. */
  readonly aside: Map<string, number[]>;
  asideCount: number;
}

export function openNewcomers(): Newcomers {
  const line: Line = { order: numberQueue(), groupOf: new Map(), aside: new Map(), asideCount: 0 };
  return {
    get size() {
      return line.order.size + line.asideCount;
    },
    push(seq, group) {
      line.order.push(seq);
      if (group !== undefined) line.groupOf.set(seq, group);
    },
    walk: (isNoisy) => walkAlong(line, isNoisy),
  };
}

interface Candidate {
  seq: number;
  group: string | undefined;
  isAside: boolean;
}

/** Walks through the messages of quiet groups first, and through noisy ones when no others are left. */
function walkAlong(line: Line, isNoisy: IsNoisy): NewcomersWalk {
  const { order, groupOf } = line;
  const aside = walkAside(line);
  const isQuiet = (group: string) => !isNoisy(group);
  let place = 0;
  let next: Candidate | undefined;

  const find = () => aside.oldest(isQuiet) ?? firstQuiet() ?? aside.oldest(() => true);

  function firstQuiet(): Candidate | undefined {
    for (let seq = order.at(place); seq !== undefined; seq = order.at(++place)) {
      const group = groupOf.get(seq);
      if (!isNoisy(group)) return { seq, group, isAside: false };
      aside.add(group!, seq);
    }
    return undefined;
  }

  return {
    peek() {
      next ??= find();
      return next?.seq;
    },
    take() {
      if (!next) return;
      if (next.isAside) aside.take(next.group!);
      else place++;
      next = undefined;
    },
    commit() {
      if (groupOf.size > 0) for (let n = 0; n < place; n++) groupOf.delete(order.at(n)!);
      order.drop(place);
      aside.commit();
    },
  };
}

/** The messages set aside, as a walk sees them: with those set aside during it, without those that it returned. */
function walkAside(line: Line) {
  const { aside } = line;
  const added = new Map<string, number[]>();
  const taken = new Map<string, number>();
  const groups = () => new Set([...aside.keys(), ...added.keys()]);

  function firstOf(group: string): number | undefined {
    const before = aside.get(group) ?? [];
    const place = taken.get(group) ?? 0;
    return place < before.length ? before[place] : added.get(group)?.[place - before.length];
  }

  return {
    add(group: string, seq: number) {
      const others = added.get(group);
      if (others) others.push(seq);
      else added.set(group, [seq]);
    },
    take(group: string) {
      taken.set(group, (taken.get(group) ?? 0) + 1);
    },
    /** The oldest message of the selected groups. */
    oldest(isWanted: (group: string) => boolean): Candidate | undefined {
      if (aside.size === 0 && added.size === 0) return undefined;
      let oldest: Candidate | undefined;
      for (const group of groups()) {
        if (!isWanted(group)) continue;
        const seq = firstOf(group);
        if (seq !== undefined && (!oldest || seq < oldest.seq)) oldest = { seq, group, isAside: true };
      }
      return oldest;
    },
    commit() {
      if (aside.size === 0 && added.size === 0) return;
      for (const group of groups()) {
        const all = [...(aside.get(group) ?? []), ...(added.get(group) ?? [])];
        const left = all.slice(taken.get(group) ?? 0);
        if (left.length > 0) aside.set(group, left);
        else aside.delete(group);
      }
      line.asideCount = 0;
      for (const left of aside.values()) line.asideCount += left.length;
    },
  };
}
