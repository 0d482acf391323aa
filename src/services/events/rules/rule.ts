import { isTooComplex } from "#aws/languages/event-pattern/complexity.ts";
import { type EventPattern, eventPattern } from "#aws/languages/event-pattern/match.ts";
import { PatternError } from "#aws/languages/event-pattern/tokens.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { busAt } from "../buses/bus.ts";
import { invalidPattern, noSuchRule, ruleIsManaged } from "../errors.ts";
import { type Rule, rules } from "../store.ts";

/** @throws {AwsError} InvalidEventPatternException */
export function checkPattern(pattern: string): void {
  let compiled: EventPattern;
  try {
    compiled = eventPattern(pattern);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw invalidPattern(error.message);
  }
  if (isTooComplex(compiled))
    throw invalidPattern(
      "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character",
    );
}

/** @throws {AwsError} ResourceNotFoundException, also of the bus */
export async function ruleOn(tx: ReadTransaction, bus: string, name: string): Promise<Rule> {
  await busAt(tx, bus);
  return ruleAt(tx, bus, name);
}

/**
 * @param force whether to change a rule that a service manages; `undefined` if the operation has no such parameter
 * @throws {AwsError} ManagedRuleException
 */
export function checkUnmanaged(rule: Rule | undefined, { force }: { force?: boolean } = {}): void {
  if (rule?.managedBy !== undefined && !force) throw ruleIsManaged(rule.name, force !== undefined);
}

/** @throws {AwsError} ResourceNotFoundException */
export async function ruleAt(tx: ReadTransaction, bus: string, name: string): Promise<Rule> {
  const rule = await tx.get(rules, [bus, name]);
  if (!rule) throw noSuchRule(name, bus);
  return rule;
}
