import { type NumberQueue, numberQueue } from "#lib/number-queue.ts";

/**
 * Messages that nobody has received, in the order in which they were sent. Those of a noisy group step aside until the
 * group is quiet again, or nothing else is left. So no group holds up the others.
 */
export interface Newcomers {
  readonly size: number;
  push(seq: number, group: string | undefined): void;
  walk(isNoisy: IsNoisy): NewcomersWalk;
}

type IsNoisy = (group: string | undefined) => boolean;

export interface NewcomersWalk {
  /** Looks at the next one, which `take` then takes. */
  peek(): number | undefined;
  take(): void;
  commit(): void;
}

/** What a walk goes through. */
interface Line {
  readonly order: NumberQueue;
  /** The groups of messages in the order, where they have one. */
  readonly groupOf: Map<number, string>;
  /** Messages that stepped aside, by their group, and how many they are. */
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

/** Meets those of quiet groups first, and the noisy ones when no others are left. */
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

/** The messages aside, as a walk sees them: those that step aside during it included, those that it takes left out. */
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
    /** Of the groups that are wanted. */
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
