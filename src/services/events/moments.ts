/** A time in whole seconds, as archives, replays, connections, destinations and pipes have it. */
export const toTheSecond = (time: number) => new Date(Math.floor(time / 1_000) * 1_000);
