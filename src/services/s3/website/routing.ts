import type { Redirect, RoutingRule } from "#aws/contract/types/s3.ts";

/** Where a visitor came from, as far as a redirection takes it up. */
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
 * What the first rule that fits makes of a request; `error` is the status that it would get without rules, once that is
 * known.
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

/** What a rule says is taken as it stands, so that it may hold a query; what is left of the key is encoded. */
function pathFor({ ReplaceKeyWith, ReplaceKeyPrefixWith }: Redirect, key: string, prefix: string): string {
  if (ReplaceKeyWith !== undefined) return inHeader(ReplaceKeyWith);
  if (ReplaceKeyPrefixWith === undefined) return encodedKey(key);
  return inHeader(ReplaceKeyPrefixWith) + encodedKey(key.slice(prefix.length));
}

export const encodedKey = (key: string): string =>
  key.toWellFormed().split("/").map(encodeURIComponent).join("/");

/** Text that a header can carry, whatever somebody wrote into it. */
export const inHeader = (text: string): string =>
  text.toWellFormed().replace(/[^\x21-\x7e]/gu, encodeURIComponent);
