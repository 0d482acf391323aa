/** A time as archives, replays, connections, destinations and pipes have it: to the second. */
export const toTheSecond = (time: number) => new Date(Math.floor(time / 1_000) * 1_000);

/** `2026-01-01T00:00:00Z`: a time as events have it. */
export const isoSeconds = (time: number) => new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
