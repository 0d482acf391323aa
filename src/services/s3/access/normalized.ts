import { STATEMENT_ELEMENTS } from "#aws/languages/policy/document.ts";
import { accountRoots, listOf, mapped, single } from "#aws/languages/policy/form.ts";

type Json = Record<string, unknown>;

/**
 * Returns a valid policy in the form in which S3 stores it: without white space, with its elements in the
 * order of IAM's grammar, with an explicit version, single-element lists as scalars, accounts as their root
 * ARNs, and condition values as strings.
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
