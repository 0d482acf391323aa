import type { Redirect, RoutingRule } from "#aws/contract/types/s3.ts";
import { pathEncodedKey } from "../key-encoding.ts";

/** The parts of a request that a redirect may take over. */
export interface Visit {
  scheme: string;
  /** The host as the client sent it, with its port. */
  host: string;
  /** The decoded key. */
  key: string;
}

/** The target of a redirect. */
export interface Target {
  status: number;
  location: string;
}

/**
 * Returns the target of the first rule that matches a request. `error` is the status that the request would
 * have without rules, if it is known already.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-page-redirect.html#advanced-conditional-redirects
 */
export function redirectTarget(
  rules: readonly RoutingRule[] | undefined,
  visit: Visit,
  error: number | undefined,
): Target | undefined {
  const rule = rules?.find(({ Condition: condition }) => {
    const code = condition?.HttpErrorCodeReturnedEquals;
    if (code === undefined ? error !== undefined : Number(code) !== error) return false;
    return visit.key.startsWith(condition?.KeyPrefixEquals ?? "");
  });
  if (!rule) return undefined;
  const { Redirect: redirect, Condition: condition } = rule;
  const path = pathFor(redirect, visit.key, condition?.KeyPrefixEquals ?? "");
  return {
    status: Number(redirect.HttpRedirectCode ?? 301),
    location: `${redirect.Protocol ?? visit.scheme}://${inHeader(redirect.HostName ?? visit.host)}/${path}`,
  };
}

/**
 * Returns the path of a redirect. The rule's text is not encoded, since it may
 * have a query; the rest of the key is.
 */
function pathFor({ ReplaceKeyWith, ReplaceKeyPrefixWith }: Redirect, key: string, prefix: string): string {
  if (ReplaceKeyWith !== undefined) return inHeader(ReplaceKeyWith);
  if (ReplaceKeyPrefixWith === undefined) return pathEncodedKey(key);
  return inHeader(ReplaceKeyPrefixWith) + pathEncodedKey(key.slice(prefix.length));
}

/** Encodes the characters of a text that a header cannot carry. */
export const inHeader = (text: string): string =>
  text.toWellFormed().replace(/[^\x21-\x7e]/gu, encodeURIComponent);
