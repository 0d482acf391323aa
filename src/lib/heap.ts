/** A binary heap: `peek` returns the least element by `before`. */
export interface Heap<T> {
  readonly size: number;
  push(item: T): void;
  peek(): T | undefined;
  pop(): T | undefined;
}

export function heap<T>(before: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = [];
  const swap = (i: number, j: number) => {
    [items[i], items[j]] = [items[j]!, items[i]!];
  };
  const rise = (index: number) => {
    for (let i = index; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!before(items[i]!, items[parent]!)) return;
      swap(i, parent);
      i = parent;
    }
  };
  const sink = () => {
    for (let i = 0; ; ) {
      const left = 2 * i + 1;
      if (left >= items.length) return;
      const right = left + 1;
      const smaller = right < items.length && before(items[right]!, items[left]!) ? right : left;
      if (!before(items[smaller]!, items[i]!)) return;
      swap(i, smaller);
      i = smaller;
    }
  };
  return {
    get size() {
      return items.length;
    },
    push(item) {
      items.push(item);
      rise(items.length - 1);
    },
    peek: () => items[0],
    pop() {
      const top = items[0];
      const last = items.pop();
      if (items.length > 0) {
        items[0] = last!;
        sink();
      }
      return top;
    },
  };
}
