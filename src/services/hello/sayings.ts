import type { Handlers } from "#kernel/service.ts";
import { job } from "#kernel/work/jobs.ts";
import { greetingNotReady } from "./errors.ts";
import { arnOf, greetingAt, greetings, sayings } from "./store.ts";

/** Says a greeting exactly once: since a job may run twice, its record is deleted in the same transaction. */
export const say = job<{ id: string }>("hello/say", {
  async run(ctx, { id }) {
    await ctx.transact(async (tx) => {
      const saying = await tx.get(sayings, [id]);
      if (!saying) return;
      tx.delete(sayings, [id]);
      const greeting = await tx.get(greetings, [saying.name]);
      if (!greeting) return;
      tx.put(greetings, { ...greeting, timesSaid: greeting.timesSaid + 1 });
      tx.metric("GreetingsSaid", 1, { GreetingName: greeting.name });
      tx.event({
        source: "aws.hello",
        detailType: "Greeting Said",
        resources: [arnOf(ctx, greeting.name)],
        detail: { "saying-id": id, text: `${greeting.text}, ${saying.to}!` },
      });
    });
  },
});

export const sayingOperations = {
  async SayHello(ctx, { Name, To }) {
    return ctx.transact(async (tx) => {
      const { learned } = await greetingAt(tx, Name);
      if (!learned) throw greetingNotReady(Name);
      const id = tx.uuid();
      tx.put(sayings, { id, name: Name, to: To });
      tx.enqueue(say, { id });
      return { SayingId: id };
    });
  },
} satisfies Handlers<"hello">;
