import type { Read } from "./history.ts";
import { type Item, readOf } from "./lists-table.ts";

/** The relevant members of an SDK's error. */
interface Failure {
  name?: string;
  code?: string;
  $metadata?: { httpStatusCode?: number };
  Item?: Item;
  CancellationReasons?: { Code?: string; Item?: Item }[];
}

/**
 * Whether a call failed its condition, did not reach a server, or may have happened.
 * @throws unexpected errors
 */
export function failureOf(error: unknown): "condition" | "unreachable" | "unanswered" {
  const { name, code, $metadata, CancellationReasons = [] } = error as Failure;
  if (name === "ConditionalCheckFailedException") return "condition";
  const isCondition = ({ Code }: { Code?: string }) => Code === "None" || Code === "ConditionalCheckFailed";
  if (name === "TransactionCanceledException" && CancellationReasons.every(isCondition)) return "condition";
  // The disk failed, either before or after the call was processed.
  if ($metadata?.httpStatusCode === 503) return "unanswered";
  if ($metadata?.httpStatusCode !== undefined) throw error;
  return code === "ECONNREFUSED" ? "unreachable" : "unanswered";
}

/** The lists in the error of a failed condition. */
export function readsIn(error: unknown): Read[] {
  const { Item: own, CancellationReasons = [] } = error as Failure;
  const items = [own, ...CancellationReasons.map(({ Item }) => Item)];
  return items.filter((item) => item !== undefined).map(readOf);
}
