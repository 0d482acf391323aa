import { numberQueue } from "#lib/number-queue.ts";

/**
 * Messages that nobody has received, in the order in which they were sent. Those of a noisy group step aside until the
 * group is quiet again, or nothing else is left. So no group holds up the others.
 */
export interface Newcomers {
  readonly size: number;
  push(seq: number, group: string | undefined): void;
  walk(isNoisy: (group: string | undefined) => boolean): NewcomersWalk;
}

export interface NewcomersWalk {
  /** Looks at the next one, which `take` then takes. */
  peek(): number | undefined;
  take(): void;
  commit(): void;
}

export function openNewcomers(): Newcomers {
  const order = numberQueue();
  /** The groups of messages in the order, where they have one. */
  const groupOf = new Map<number, string>();
  const aside = new Map<string, number[]>();
  let stepped = 0;

  return {
    get size() {
      return order.size + stepped;
    },
    push(seq, group) {
      order.push(seq);
      if (group !== undefined) groupOf.set(seq, group);
    },
    walk(isNoisy) {
      let place = 0;
      const stepping = new Map<string, number[]>();
      const takenAside = new Map<string, number>();

      function waitingIn(group: string, at: number): number | undefined {
        const before = aside.get(group) ?? [];
        return at < before.length ? before[at] : stepping.get(group)?.[at - before.length];
      }
      const groups = () => new Set([...aside.keys(), ...stepping.keys()]);

      /** The oldest message that stepped aside, of the groups that are wanted. */
      function oldest(isWanted: (group: string) => boolean): { group: string; seq: number } | undefined {
        let found: { group: string; seq: number } | undefined;
        for (const group of groups()) {
          if (!isWanted(group)) continue;
          const seq = waitingIn(group, takenAside.get(group) ?? 0);
          if (seq !== undefined && (!found || seq < found.seq)) found = { group, seq };
        }
        return found;
      }

      let next: { group: string | undefined; seq: number; isAside: boolean } | undefined;
      function find() {
        if (aside.size > 0 || stepping.size > 0) {
          const quiet = oldest((group) => !isNoisy(group));
          if (quiet) return { ...quiet, isAside: true };
        }
        for (let seq = order.at(place); seq !== undefined; seq = order.at(++place)) {
          const group = groupOf.get(seq);
          if (!isNoisy(group)) return { group, seq, isAside: false };
          const others = stepping.get(group!);
          if (others) others.push(seq);
          else stepping.set(group!, [seq]);
        }
        const noisy = oldest(() => true);
        return noisy && { ...noisy, isAside: true };
      }

      return {
        peek() {
          next ??= find();
          return next?.seq;
        },
        take() {
          if (!next) return;
          if (next.isAside) takenAside.set(next.group!, (takenAside.get(next.group!) ?? 0) + 1);
          else place++;
          next = undefined;
        },
        commit() {
          if (groupOf.size > 0) for (let n = 0; n < place; n++) groupOf.delete(order.at(n)!);
          order.drop(place);
          if (aside.size === 0 && stepping.size === 0) return;
          for (const group of groups()) {
            const all = [...(aside.get(group) ?? []), ...(stepping.get(group) ?? [])];
            const left = all.slice(takenAside.get(group) ?? 0);
            if (left.length > 0) aside.set(group, left);
            else aside.delete(group);
          }
          stepped = 0;
          for (const left of aside.values()) stepped += left.length;
        },
      };
    },
  };
}
