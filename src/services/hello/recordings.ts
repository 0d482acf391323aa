import { keepOrDrop } from "#kernel/blobs.ts";
import type { Handlers } from "#kernel/service.ts";
import { bodyOf } from "#lib/body.ts";
import { recordingNotFound } from "./errors.ts";
import { greetingAt, greetings, recordings } from "./store.ts";

/** The limit in the model. */
const MAX_RECORDING_BYTES = 1_048_576;

export const recordingOperations = {
  async PutRecording(ctx, { Name, Recording }) {
    const staged = await ctx.blobs.receive(bodyOf(Recording), { limit: MAX_RECORDING_BYTES });
    return keepOrDrop(ctx, staged, async (tx) => {
      const greeting = await greetingAt(tx, Name);
      if (greeting.recording) recordings.discard(tx, greeting.recording);
      tx.put(greetings, { ...greeting, recording: await recordings.keep(tx, staged) });
      return {};
    });
  },

  async GetRecording(ctx, { Name }) {
    const found = await ctx.read(async (tx) => {
      const { recording } = await greetingAt(tx, Name);
      if (!recording) throw recordingNotFound(Name);
      return (await recordings.inline(tx, recording)) ?? ctx.blobs.read(recording, 0, recording.size);
    });
    if (found instanceof Uint8Array) return { Recording: found };
    const chunks: Uint8Array[] = [];
    for await (const chunk of found) chunks.push(chunk);
    return { Recording: Buffer.concat(chunks) };
  },
} satisfies Handlers<"hello">;
