import { round } from "./measure.ts";
import { startNube } from "./servers.ts";

const ROUNDS = 7;

/** The time from `spawn` to the first response, and the memory of an idle server. */
export async function start(): Promise<void> {
  const times: number[] = [];
  let memory = { anonymous: 0, resident: 0 };
  for (let i = 0; i < ROUNDS; i++) {
    const nube = await startNube();
    times.push(nube.startMs);
    await new Promise((idle) => setTimeout(idle, 1_500));
    memory = nube.memory();
    await nube.stop();
  }
  times.sort((a, b) => a - b);
  console.table({
    "start to first answer, ms (median, best)": `${round(times[ROUNDS >> 1]!)}, ${round(times[0]!)}`,
    "idle RSS, MB (of it anonymous)": `${round(memory.resident / 1e6)} (${round(memory.anonymous / 1e6)})`,
  });
}
