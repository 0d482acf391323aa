/**
 * Decides whether S3 considers a policy to be public.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
 */
import type { Condition, PolicyDocument, Statement } from "#aws/languages/policy/document.ts";
import { policyOf } from "#aws/languages/policy/policy.ts";
import { blockOf } from "#lib/cidr.ts";
import { memoizeByText } from "#lib/memoize.ts";

/** Whether a policy that has been validated is public. Memoized by its text. */
export const isPublicPolicy = memoizeByText(1_000, (text) => isPublicDocument(policyOf(text).document));

/** Whether a policy is public: it is, unless each `Allow` statement restricts callers by fixed values. */
export function isPublicDocument({ statements }: PolicyDocument): boolean {
  return statements.some((statement) => statement.effect === "Allow" && !restrictsCallers(statement));
}

function restrictsCallers({ principal, conditions }: Statement): boolean {
  if (principal && !principal.not && !principal.everyone) return true;
  return conditions.some(narrows);
}

/** Condition keys that restrict the caller or the origin of a call. */
const NARROWING = new Set([
  "aws:principalaccount",
  "aws:principalarn",
  "aws:principalorgid",
  "aws:principalorgpaths",
  "aws:sourceaccount",
  "aws:sourcearn",
  "aws:sourceorgid",
  "aws:sourceorgpaths",
  "aws:sourceowner",
  "aws:sourcevpc",
  "aws:sourcevpce",
  "aws:userid",
  "aws:username",
  "s3:dataaccesspointaccount",
  "s3:x-amz-server-side-encryption-aws-kms-key-id",
]);

const EXACT = new Set(["StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"]);

function narrows({ operator, quantifier, ifExists, key, values }: Condition): boolean {
  // These conditions are also met if the key is absent.
  if (ifExists || quantifier === "ForAllValues" || values.length === 0) return false;
  const name = key.toLowerCase();
  if (name === "aws:sourceip") return operator === "IpAddress" && values.every(isNarrowBlock);
  if (!EXACT.has(operator)) return false;
  if (name === "s3:dataaccesspointarn") return values.every(hasFixedAccount);
  if (name === "aws:userid")
    return values.every((value) => isFixed(value) || /^AROA[A-Z0-9]+:\*$/.test(value));
  return NARROWING.has(name) && values.every(isFixed);
}

const isFixed = (value: string) => !/[*?]|\$\{/.test(value);

/** Whether an access point ARN has a fixed account; its other parts may have wildcards. */
const hasFixedAccount = (value: string) => /^\d{12}$/.test(value.split(":")[4] ?? "");

/** Whether a CIDR block is narrow enough to be non-public: its prefix has at least 8 bits in IPv4, or 32 in IPv6. */
function isNarrowBlock(value: string): boolean {
  const block = blockOf(value);
  if (!block) return false;
  return block.version === 4 ? block.shift <= 24n : block.shift <= 96n;
}
