/** Freezes plain objects and arrays all the way down; bytes, dates and bodies are left as they are. */
export function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  const plain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  if (!plain || Symbol.asyncIterator in value) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) frozen(part);
  return value;
}
