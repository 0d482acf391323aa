import { eventPattern, operatorsIn } from "#aws/languages/event-pattern/match.ts";
import { type RuleIndex, ruleIndex } from "#aws/languages/event-pattern/rule-index.ts";
import { memory } from "#kernel/records/memory.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { matchable } from "../publishing/bus-event.ts";
import { type BusEvent, type Rule, rules } from "../store.ts";

/** The rules of a bus, which are loaded at its first event or second rule. */
interface BusRules {
  /** By name: whether its pattern has a wildcard. */
  names: Map<string, boolean>;
  /** The enabled ones, in the order of their creation or last change: the first is delivered to first. */
  index: RuleIndex<string>;
}

const rulesByBus = memory<Map<string, BusRules>>("events/rule-book", () => new Map());

/** Names of the rules that an event matches. */
export async function matchingRules(tx: ReadTransaction, bus: string, event: BusEvent): Promise<string[]> {
  return (await rulesOf(tx, bus)).index.match(matchable(event) as never);
}

/** All rules but one, enabled or not. */
export async function otherRules(tx: ReadTransaction, bus: string, name: string) {
  const { names } = await rulesOf(tx, bus);
  const others = [...names].filter(([other]) => other !== name);
  return { count: others.length, withWildcards: others.filter(([, hasWildcard]) => hasWildcard).length };
}

async function rulesOf(tx: ReadTransaction, bus: string): Promise<BusRules> {
  const byBus = tx.memory(rulesByBus);
  let busRules = byBus.get(bus);
  if (!busRules) {
    busRules = await read(tx, bus);
    byBus.set(bus, busRules);
  }
  return busRules;
}

/** Updates memory for a rule that is written in this transaction. */
export function rememberRule(tx: Transaction, rule: Rule): void {
  tx.afterwards(() => {
    const busRules = tx.memory(rulesByBus).get(rule.bus);
    if (busRules) enter(busRules, rule);
  });
}

export function forgetRule(tx: Transaction, bus: string, name: string): void {
  tx.afterwards(() => {
    const busRules = tx.memory(rulesByBus).get(bus);
    busRules?.names.delete(name);
    busRules?.index.delete(name);
  });
}

async function read(tx: ReadTransaction, bus: string): Promise<BusRules> {
  const busRules: BusRules = { names: new Map(), index: ruleIndex() };
  let last: Rule | undefined;
  do {
    const records: Rule[] = await tx.list(rules, {
      in: [bus],
      ...(last && { after: [last.name] }),
      limit: 1_000,
    });
    for (const rule of records) enter(busRules, rule);
    last = records.length === 1_000 ? records.at(-1) : undefined;
  } while (last);
  return busRules;
}

function enter({ names, index }: BusRules, { name, pattern, state, managedBy }: Rule): void {
  const compiled = pattern === undefined ? undefined : eventPattern(pattern);
  names.set(name, compiled !== undefined && operatorsIn(compiled).has("wildcard"));
  if (!compiled || state === "DISABLED" || managedBy !== undefined) index.delete(name);
  else index.set(name, compiled, name);
}
