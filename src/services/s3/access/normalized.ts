import { STATEMENT_ELEMENTS } from "#aws/languages/policy/document.ts";
import { accountRoots, listOf, mapped, single } from "#aws/languages/policy/form.ts";

type Json = Record<string, unknown>;

/**
 * A valid policy in the form in which S3 keeps it: no white space, elements in the order of IAM's grammar, with its
 * version, lists of one as that one, accounts as their roots, and values of conditions as text.
 */
export function normalized(policy: string): string {
  const { Version = "2008-10-17", Id, Statement } = JSON.parse(policy) as Json;
  return JSON.stringify({ Version, Id, Statement: listOf(Statement).map((one) => statement(one as Json)) });
}

const statement = (source: Json): Json =>
  Object.fromEntries(
    [...STATEMENT_ELEMENTS]
      .filter((name) => name in source)
      .map((name) => [name, element(name, source[name])]),
  );

function element(name: string, value: unknown): unknown {
  switch (name) {
    case "Principal":
    case "NotPrincipal":
      return typeof value === "string" ? value : mapped(value as Json, accountRoots);
    case "Condition":
      return mapped(value as Json, (keys) =>
        mapped(keys as Json, (values) => single(listOf(values).map(String))),
      );
    default:
      return single(value);
  }
}
