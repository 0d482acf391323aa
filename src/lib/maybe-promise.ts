/** A value that is available at once in most cases, and then costs no promise. */
export type MaybePromise<T> = T | Promise<T>;

/** Goes on with a value: at once, or when it is there. */
export function whenReady<T, R>(value: MaybePromise<T>, use: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return value instanceof Promise ? value.then(use) : use(value);
}
