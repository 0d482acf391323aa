import { keyOrder } from "./key-order.ts";
import { hashOf, keyTable } from "./key-table.ts";

/** Maps keys to places: numbers that say where a row is stored. */
export interface Places {
  readonly size: number;
  get(key: Uint8Array): number | undefined;
  /** @returns the key's previous place */
  set(key: Uint8Array, place: number): number | undefined;
  /** @returns the key's previous place */
  delete(key: Uint8Array): number | undefined;
  /** The first `limit` places of a range, or the last ones if `reverse`: `from` inclusive, `to` exclusive. */
  range(from: Uint8Array, to: Uint8Array, limit: number, reverse?: boolean): number[];
  /** All places in key order. */
  all(): Generator<number>;
}

export interface Keys {
  /** Compares the key at a place with another: returns less than, equal to or greater than zero. */
  compare(place: number, key: Uint8Array): number;
  /** The key at a place, in bytes that are not reused. */
  key(place: number): Uint8Array;
}

/**
 * A hash table and a list of sorted blocks, both of row numbers, and the place of each row. Keys stay where
 * they are stored and nothing here is a separate object, so the garbage collector has nothing to visit, even
 * for a million rows.
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
