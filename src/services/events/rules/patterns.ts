import { eventPattern, type Json } from "#aws/languages/event-pattern/match.ts";
import type { Handlers } from "#kernel/service.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "#lib/nesting.ts";
import { invalidParameter } from "../errors.ts";
import { checkPattern } from "./rule.ts";

/** AWS's API reference also lists `resources`, which AWS does not require, as its CLI's example shows. */
const REQUIRED = ["id", "account", "source", "time", "region", "detail-type"];

export const patternOperations = {
  async TestEventPattern(_, { EventPattern, Event }) {
    checkPattern(EventPattern);
    return { Result: eventPattern(EventPattern).matches(eventIn(Event)) };
  },
} satisfies Handlers<"events">;

function eventIn(text: string): Json {
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    event = undefined;
  }
  const isObject = typeof event === "object" && event !== null && !Array.isArray(event);
  if (
    !isObject ||
    isDeeperThan(MAX_JSON_DEPTH, event) ||
    REQUIRED.some((field) => !Object.hasOwn(event as object, field))
  )
    throw invalidParameter("Event");
  return event as Json;
}
