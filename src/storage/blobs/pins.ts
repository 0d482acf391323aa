/** Tracks, per blob, the readers that still need its name. */
export interface Pins {
  /** Holds the blob until the returned function is called; further calls of it have no effect. */
  hold(id: string): () => void;
  /** Resolves once the blob has no holders. */
  released(id: string): Promise<void>;
}

export function countPins(): Pins {
  const held = new Map<string, { holders: Set<object>; last: PromiseWithResolvers<void> }>();

  function release(id: string, holder: object): void {
    const pin = held.get(id);
    if (!pin?.holders.delete(holder) || pin.holders.size > 0) return;
    held.delete(id);
    pin.last.resolve();
  }

  return {
    hold(id) {
      const holder = {};
      const pin = held.get(id) ?? { holders: new Set(), last: Promise.withResolvers<void>() };
      held.set(id, pin);
      pin.holders.add(holder);
      return () => release(id, holder);
    },
    async released(id) {
      for (let pin = held.get(id); pin; pin = held.get(id)) await pin.last.promise;
    },
  };
}
