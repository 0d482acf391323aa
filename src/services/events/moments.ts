/** A time as archives, replays, connections, destinations and pipes have it: to the second. */
export const toTheSecond = (time: number) => new Date(Math.floor(time / 1_000) * 1_000);
