import { STATEMENT_ELEMENTS } from "#aws/languages/policy/document.ts";

type Said = Record<string, unknown>;

/**
 * A valid policy in the form in which S3 keeps it: no white space, elements in the order of IAM's grammar, with its
 * version, lists of one as that one, accounts as their roots, and values of conditions as text.
 */
export function normalized(policy: string): string {
  const { Version = "2008-10-17", Id, Statement } = JSON.parse(policy) as Said;
  return JSON.stringify({ Version, Id, Statement: listOf(Statement).map((one) => statement(one as Said)) });
}

const statement = (said: Said): Said =>
  Object.fromEntries(
    [...STATEMENT_ELEMENTS].filter((name) => name in said).map((name) => [name, element(name, said[name])]),
  );

function element(name: string, value: unknown): unknown {
  switch (name) {
    case "Principal":
    case "NotPrincipal":
      return typeof value === "string" ? value : mapped(value, (names) => unlisted(listOf(names).map(root)));
    case "Condition":
      return mapped(value, (keys) => mapped(keys, (values) => unlisted(listOf(values).map(String))));
    default:
      return unlisted(listOf(value));
  }
}

const root = (name: unknown) => (/^\d{12}$/.test(String(name)) ? `arn:aws:iam::${name}:root` : name);
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);
const unlisted = (list: unknown[]) => (list.length === 1 ? list[0] : list);
const mapped = (value: unknown, map: (value: unknown) => unknown): Said =>
  Object.fromEntries(Object.entries(value as Said).map(([name, one]) => [name, map(one)]));
