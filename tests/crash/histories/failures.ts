import type { Read } from "./history.ts";
import { type Item, readOf } from "./lists-table.ts";

/** What an SDK throws, as far as it is looked at here. */
interface Failure {
  name?: string;
  code?: string;
  $metadata?: { httpStatusCode?: number };
  Item?: Item;
  CancellationReasons?: { Code?: string; Item?: Item }[];
}

/**
 * Whether a call was refused for its condition, or has not reached anybody, or may have happened.
 * @throws what a cloud should never answer here
 */
export function failureOf(error: unknown): "condition" | "unreachable" | "unanswered" {
  const { name, code, $metadata, CancellationReasons = [] } = error as Failure;
  if (name === "ConditionalCheckFailedException") return "condition";
  const isCondition = ({ Code }: { Code?: string }) => Code === "None" || Code === "ConditionalCheckFailed";
  if (name === "TransactionCanceledException" && CancellationReasons.every(isCondition)) return "condition";
  // The disk has failed: whether before or after it took the call is not said.
  if ($metadata?.httpStatusCode === 503) return "unanswered";
  if ($metadata?.httpStatusCode !== undefined) throw error;
  return code === "ECONNREFUSED" ? "unreachable" : "unanswered";
}

/** The lists that a refusal shows. */
export function seenBy(error: unknown): Read[] {
  const { Item: own, CancellationReasons = [] } = error as Failure;
  const items = [own, ...CancellationReasons.map(({ Item }) => Item)];
  return items.filter((item) => item !== undefined).map(readOf);
}
