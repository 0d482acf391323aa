import type * as Hello from "#aws/contract/types/hello.ts";
import type { Place } from "#kernel/records/collection.ts";
import { page } from "#kernel/records/pages.ts";
import type { Handlers } from "#kernel/service.ts";
import { greetingExists, invalidNextToken } from "./errors.ts";
import { LEARNING_MS, learning } from "./learning.ts";
import { arnOf, type Greeting, greetingAt, greetings, recordings } from "./store.ts";

export const greetingOperations = {
  async CreateGreeting(ctx, { Name, Text, Language = "en" }) {
    return ctx.transact(async (tx) => {
      if (await tx.get(greetings, [Name])) throw greetingExists(Name);
      const now = tx.now();
      const greeting: Greeting = {
        name: Name,
        text: Text,
        language: Language,
        created: now,
        learnedAt: now + LEARNING_MS,
        learned: false,
        timesSaid: 0,
      };
      tx.put(greetings, greeting);
      learning.wake(tx, [Name]);
      return { Greeting: described(ctx, greeting) };
    });
  },

  async GetGreeting(ctx, { Name }) {
    return ctx.read(async (tx) => ({ Greeting: described(ctx, await greetingAt(tx, Name)) }));
  },

  async ListGreetings(ctx, { Language, MaxResults = 100, NextToken }) {
    const { records, token } = await page(ctx, {
      listing: ["hello:ListGreetings", Language ?? ""],
      token: NextToken,
      limit: MaxResults,
      list: (range) =>
        ctx.read((tx) =>
          Language
            ? tx.listBy(greetings, "byLanguage", { in: [Language], ...range })
            : tx.list(greetings, range),
        ),
      position: (greeting) => [greeting.name],
      invalidToken: invalidNextToken,
    });
    return { Greetings: records.map((greeting) => described(ctx, greeting)), NextToken: token };
  },

  async UpdateGreeting(ctx, { Name, Text }) {
    return ctx.transact(async (tx) => {
      const known = await greetingAt(tx, Name);
      const greeting = { ...known, text: Text, learned: false, learnedAt: tx.now() + LEARNING_MS };
      tx.put(greetings, greeting);
      learning.wake(tx, [Name]);
      return { Greeting: described(ctx, greeting) };
    });
  },

  async DeleteGreeting(ctx, { Name }) {
    return ctx.transact(async (tx) => {
      const { recording } = await greetingAt(tx, Name);
      if (recording) recordings.discard(tx, recording);
      tx.delete(greetings, [Name]);
      return {};
    });
  },
} satisfies Handlers<"hello">;

function described(place: Place, greeting: Greeting): Hello.Greeting {
  return {
    Name: greeting.name,
    Arn: arnOf(place, greeting.name),
    Text: greeting.text,
    Language: greeting.language,
    Status: greeting.learned ? "READY" : "LEARNING",
    TimesSaid: greeting.timesSaid,
    CreatedAt: new Date(greeting.created),
  };
}
