import { type Load, type LoadResult, load } from "./load.ts";
import type { Server } from "./servers.ts";

export interface Figures extends LoadResult {
  /** Microseconds of the server's CPU per request. */
  cpu: number;
  perSecond: number;
}

export async function measure(server: Server, options: Omit<Load, "port">): Promise<Figures> {
  const before = server.cpu();
  const result = await load({ ...options, port: server.port });
  const cpu = ((server.cpu() - before) * 1_000) / result.requests;
  return { ...result, cpu, perSecond: result.requests / result.seconds };
}

const WARMING = 3;

/** Runs without measuring until V8 has compiled the hot code; writes take some seconds. */
export async function warm(runs: Record<string, () => Promise<Figures>>): Promise<void> {
  for (let round = 0; round < WARMING; round++) for (const run of Object.values(runs)) await run();
}

/** Medians of rounds that alternate between the servers, so that a busy minute of the machine affects all of them. */
export async function interleaved<K extends string>(
  rounds: number,
  runs: Record<K, () => Promise<Figures>>,
): Promise<Record<K, Figures>> {
  const names = Object.keys(runs) as K[];
  const all = new Map(names.map((name) => [name, [] as Figures[]]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) all.get(name)!.push(await runs[name]());
  }
  return Object.fromEntries(names.map((name) => [name, medians(all.get(name)!)])) as Record<K, Figures>;
}

function medians(rounds: Figures[]): Figures {
  const middle = (of: (figures: Figures) => number) =>
    rounds.map(of).sort((a, b) => a - b)[rounds.length >> 1]!;
  return { ...rounds[0]!, cpu: middle((f) => f.cpu), perSecond: middle((f) => f.perSecond) };
}

export const round = (value: number, digits = 0): number => Number(value.toFixed(digits));
