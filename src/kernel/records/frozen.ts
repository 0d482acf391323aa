/** Deep-freezes plain objects and arrays; leaves bytes, dates and bodies unchanged. */
export function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  const plain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  if (!plain || Symbol.asyncIterator in value) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) frozen(part);
  return value;
}
