import type { Redirect, RoutingRule } from "#aws/contract/types/s3.ts";
import { pathEncodedKey } from "../key-encoding.ts";

/** What a redirect takes over from a visitor's request. */
export interface Visit {
  scheme: string;
  /** With its port, as the client wrote it. */
  host: string;
  /** Decoded. */
  key: string;
}

/** Where to send a visitor. */
export interface Target {
  status: number;
  location: string;
}

/**
 * The target of the first rule that matches a request. `error` is the status that it would get without rules, once that
 * is known.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-page-redirect.html#advanced-conditional-redirects
 */
export function routed(
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

/** A rule's own text stays as it is, as it may have a query. The rest of the key is encoded. */
function pathFor({ ReplaceKeyWith, ReplaceKeyPrefixWith }: Redirect, key: string, prefix: string): string {
  if (ReplaceKeyWith !== undefined) return inHeader(ReplaceKeyWith);
  if (ReplaceKeyPrefixWith === undefined) return pathEncodedKey(key);
  return inHeader(ReplaceKeyPrefixWith) + pathEncodedKey(key.slice(prefix.length));
}

/** A text with only what a header can carry. */
export const inHeader = (text: string): string =>
  text.toWellFormed().replace(/[^\x21-\x7e]/gu, encodeURIComponent);
