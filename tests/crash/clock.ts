import type { Server } from "../e2e/harness.ts";

/** Advances the cloud's clock. Resolves when everything that is due by then has run. */
export async function advance({ endpoint }: Server, by: string): Promise<void> {
  const body = JSON.stringify({ action: "advance", by });
  const answer = await fetch(`${endpoint}/_nube/clock`, { method: "POST", body });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
}
