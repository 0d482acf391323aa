import { eventPattern, operatorsIn } from "#aws/languages/event-pattern/match.ts";
import { type RuleIndex, ruleIndex } from "#aws/languages/event-pattern/rule-index.ts";
import { memory } from "#kernel/memory.ts";
import type { ReadTransaction, Transaction } from "#kernel/transaction.ts";
import { type BusEvent, type Rule, rules } from "./store.ts";

/** The rules of a bus. They are in memory from the bus's first event or second rule on. */
interface Page {
  /** By name: whether its pattern has a wildcard. */
  names: Map<string, boolean>;
  /** The enabled ones, in the order of their creation or last change: the first is delivered to first. */
  index: RuleIndex<string>;
}

const book = memory<Map<string, Page>>("events/rule-book", () => new Map());

/** Names of the rules that an event matches. */
export async function rulesMet(tx: ReadTransaction, bus: string, event: BusEvent): Promise<string[]> {
  return (await pageOf(tx, bus)).index.match(event as never);
}

/** All rules but one, enabled or not. */
export async function otherRules(tx: ReadTransaction, bus: string, name: string) {
  const { names } = await pageOf(tx, bus);
  const others = [...names].filter(([other]) => other !== name);
  return { count: others.length, withWildcards: others.filter(([, hasWildcard]) => hasWildcard).length };
}

async function pageOf(tx: ReadTransaction, bus: string): Promise<Page> {
  const pages = tx.memory(book);
  let page = pages.get(bus);
  if (!page) {
    page = await read(tx, bus);
    pages.set(bus, page);
  }
  return page;
}

/** Follows a rule that is put in this transaction. */
export function rememberRule(tx: Transaction, rule: Rule): void {
  tx.afterwards(() => {
    const page = tx.memory(book).get(rule.bus);
    if (page) enter(page, rule);
  });
}

export function forgetRule(tx: Transaction, bus: string, name: string): void {
  tx.afterwards(() => {
    const page = tx.memory(book).get(bus);
    page?.names.delete(name);
    page?.index.delete(name);
  });
}

async function read(tx: ReadTransaction, bus: string): Promise<Page> {
  const page: Page = { names: new Map(), index: ruleIndex() };
  let last: Rule | undefined;
  do {
    const found: Rule[] = await tx.list(rules, {
      in: [bus],
      ...(last && { after: [last.name] }),
      limit: 1_000,
    });
    for (const rule of found) enter(page, rule);
    last = found.length === 1_000 ? found.at(-1) : undefined;
  } while (last);
  return page;
}

function enter({ names, index }: Page, { name, pattern, state, managedBy }: Rule): void {
  const compiled = pattern === undefined ? undefined : eventPattern(pattern);
  names.set(name, compiled !== undefined && operatorsIn(compiled).has("wildcard"));
  if (!compiled || state === "DISABLED" || managedBy !== undefined) index.delete(name);
  else index.set(name, compiled, name);
}
