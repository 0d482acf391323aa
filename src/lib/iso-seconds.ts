/** `2026-01-01T00:00:00Z`: a time in ISO 8601, to the second. Times are epoch milliseconds. */
export const isoSeconds = (time: number): string =>
  `${new Date(time).toISOString().slice(0, -".000Z".length)}Z`;
