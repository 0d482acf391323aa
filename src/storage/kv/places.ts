import { keyOrder } from "./key-order.ts";
import { hashOf, keyTable } from "./key-table.ts";

/** Numbers that say where rows stand, by the keys that stand there. */
export interface Places {
  readonly size: number;
  get(key: Uint8Array): number | undefined;
  /** @returns the place that the key had */
  set(key: Uint8Array, place: number): number | undefined;
  /** @returns the place that the key had */
  delete(key: Uint8Array): number | undefined;
  /** The first so many of a range, or the last ones if `reverse`: `from` inclusive, `to` exclusive. */
  range(from: Uint8Array, to: Uint8Array, limit: number, reverse?: boolean): number[];
  /** All of them in the order of their keys. */
  all(): Generator<number>;
}

export interface Keys {
  /** How the key that stands at a place compares to another: less than, equal to or greater than zero. */
  compare(place: number, key: Uint8Array): number;
  /** In bytes that stay. */
  key(place: number): Uint8Array;
}

/**
 * A hash table beside a list of sorted blocks, both of the numbers of rows, and where each of these stands. The keys
 * stay where they are, and nothing here is an object of its own: of a million rows the garbage collector sees none.
 */
export function placesOf(keys: Keys): Places {
  let places = new Float64Array(1_024);
  const compare = (row: number, key: Uint8Array) => keys.compare(places[row]!, key);
  const table = keyTable((row, key) => compare(row, key) === 0);
  const order = keyOrder(compare, (row) => keys.key(places[row]!));

  function setPlace(row: number, place: number): void {
    if (row === places.length) {
      const former = places;
      places = new Float64Array(2 * former.length);
      places.set(former);
    }
    places[row] = place;
  }

  return {
    get size() {
      return table.size;
    },

    get(key) {
      const row = table.find(hashOf(key), key);
      return row === undefined ? undefined : places[row];
    },

    set(key, place) {
      const hash = hashOf(key);
      const existing = table.find(hash, key);
      if (existing !== undefined) {
        const former = places[existing];
        places[existing] = place;
        return former;
      }
      const row = table.add(hash);
      setPlace(row, place);
      order.insert(key, row);
      return undefined;
    },

    delete(key) {
      const hash = hashOf(key);
      const row = table.find(hash, key);
      if (row === undefined) return undefined;
      order.remove(key);
      table.remove(hash, row);
      return places[row];
    },

    range: (from, to, limit, reverse) => order.range(from, to, limit, reverse).map((row) => places[row]!),

    *all() {
      for (const row of order.all()) yield places[row]!;
    },
  };
}
