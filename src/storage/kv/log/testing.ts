import { keyText } from "../key-text.ts";
import type { KeyRange } from "../kv.ts";
import { TextRow } from "../text-row.ts";
import type { LogFile } from "./disk.ts";
import type { Base, Change } from "./log.ts";

/**
 * A machine that can lose power: the data on its disk, and a random choice of which unsynced data survives.
 */
export interface TestMachine {
  /** The number of disk operations so far. */
  readonly steps: number;
  /**
   * Cuts the power at that step: the operation may have a partial effect, and neither it nor any later one
   * settles.
   */
  cutAt(step: number): void;
  /** Makes that step fail, or `count` steps from it on, without loss of power. Nothing is written by them. */
  failAt(step: number, error: Error, count?: number): void;
  /** Writes unsynced data to the disk, as an operating system does after a while. */
  writeBack(): void;
  /** Opens what is found after a boot. */
  boot(): { base: Base; files: LogFile[] };
  /** The durable bytes of each log file. */
  readonly disks: readonly Uint8Array[];
}

/** The simplest implementation of a base. */
export function plainRows(from: Iterable<[string, Uint8Array]> = []) {
  const rows = new Map(from);
  return {
    get: (key: Uint8Array) => rows.get(keyText(key)),
    range({ start, end, limit, reverse }: KeyRange): TextRow[] {
      const within = [...rows.keys()].filter((text) => text >= keyText(start) && text < keyText(end)).sort();
      if (reverse) within.reverse();
      return within.slice(0, limit).map((text) => new TextRow(text, rows.get(text)!));
    },
    apply(changes: readonly Change[]): void {
      for (const { key, value } of changes) {
        if (value) rows.set(keyText(key), Uint8Array.from(value));
        else rows.delete(keyText(key));
      }
    },
  };
}

/** The unit that a disk writes atomically. */
const SECTOR = 512;

export function testMachine(files: number, chance: () => number): TestMachine {
  const disks = Array.from({ length: files }, () => new Uint8Array(0));
  let durable = { rows: new Map<string, Uint8Array>(), settled: 0 };
  let step = 0;
  let cut = Number.POSITIVE_INFINITY;
  let failure: { from: number; to: number; error: Error } | undefined;
  let boots = 0;
  let writeBacks: (() => void)[] = [];

  const failing = (at: number) =>
    failure && at >= failure.from && at < failure.to ? failure.error : undefined;

  /**
   * Never resolves once the power is cut; `partly` applies the partial effect of the step at which it was
   * cut.
   */
  async function next(boot: number, partly: () => void): Promise<void> {
    if (boot !== boots) return new Promise(() => {});
    if (++step >= cut) {
      partly();
      boots++;
      return new Promise(() => {});
    }
    const error = failing(step);
    if (error) throw error;
  }

  function openFile(index: number, boot: number): LogFile {
    let cache = Uint8Array.from(disks[index]!);
    let written = new Set<number>();
    const keep = (sectors: Iterable<number>) => {
      const disk = new Uint8Array(Math.max(cache.length, disks[index]!.length));
      disk.set(disks[index]!);
      for (const sector of sectors) {
        const at = sector * SECTOR;
        disk.set(cache.subarray(at, at + SECTOR), at);
      }
      disks[index] = disk;
    };
    const some = () => keep([...written].filter(() => chance() < 0.5));
    writeBacks.push(() => keep(written));
    return {
      get size() {
        return cache.length;
      },
      async read(into) {
        const bytes = cache.subarray(0, into.length);
        into.set(bytes);
        return bytes.length;
      },
      async write(bytes, at) {
        if (boot !== boots) return new Promise(() => {});
        const error = failing(step + 1);
        if (error) {
          step++;
          throw error;
        }
        const grown = new Uint8Array(Math.max(cache.length, at + bytes.length));
        grown.set(cache);
        grown.set(bytes, at);
        cache = grown;
        for (let s = Math.floor(at / SECTOR); s * SECTOR < at + bytes.length; s++) written.add(s);
        await next(boot, some);
      },
      async sync() {
        await next(boot, some);
        keep(written);
        written = new Set();
      },
      async close() {},
    };
  }

  function openBase(boot: number): Base {
    const rows = plainRows(durable.rows);
    let { settled } = durable;
    return {
      get settled() {
        return settled;
      },
      get: rows.get,
      range: rows.range,
      async apply(changes: readonly Change[], upTo = settled) {
        const copies = changes.map(({ key, value }) => ({
          key: keyText(key),
          value: value && Uint8Array.from(value),
        }));
        const commit = () => {
          const all = new Map(durable.rows);
          for (const { key, value } of copies) {
            if (value) all.set(key, value);
            else all.delete(key);
          }
          durable = { rows: all, settled: upTo };
        };
        await next(boot, () => chance() < 0.5 && commit());
        commit();
        rows.apply(changes);
        settled = upTo;
      },
      rest() {},
      async close() {},
    };
  }

  return {
    get steps() {
      return step;
    },
    disks,
    cutAt(at) {
      cut = at;
    },
    failAt(from, error, count = 1) {
      failure = { from, to: from + count, error };
    },
    writeBack() {
      for (const one of writeBacks) one();
    },
    boot() {
      boots++;
      cut = Number.POSITIVE_INFINITY;
      failure = undefined;
      writeBacks = [];
      step = 0;
      const boot = boots;
      return { base: openBase(boot), files: disks.map((_, index) => openFile(index, boot)) };
    },
  };
}
