/** A value that is usually available synchronously, without the cost of a promise. */
export type MaybePromise<T> = T | Promise<T>;

/** Applies `use` to a value: synchronously, or when its promise resolves. */
export function whenReady<T, R>(value: MaybePromise<T>, use: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return value instanceof Promise ? value.then(use) : use(value);
}
