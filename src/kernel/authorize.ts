import { AwsError } from "#aws/errors.ts";
import type { Ports } from "./ports.ts";
import type { Principal } from "./principal.ts";

/** One thing that a call wants to do, as IAM sees it. A call may want several. */
export interface AccessFact {
  /** `s3:GetObject` */
  action: string;
  resource: string;
  /** The account that the resource belongs to; the caller's own unless said. */
  owner?: string;
  conditions?: Record<string, string | string[]>;
  /** A policy document that hangs on the resource. */
  resourcePolicy?: object;
}

export type Decision = { allowed: true } | { allowed: false; reason: string };

/**
 * The judgement on one fact. An account's root may do everything in its account, services act for it; everybody else
 * is judged by policies, which the `policies` port knows.
 */
export function decide(principal: Principal, fact: AccessFact, ports: Ports): Decision {
  if (principal.type === "service") return { allowed: true };
  const owner = fact.owner ?? principal.account;
  if (principal.type === "root" && principal.account === owner) return { allowed: true };
  if (ports.policies) return ports.policies.judge(principal, { ...fact, owner });
  return { allowed: false, reason: "no policy allows it" };
}

/** @throws {AwsError} AccessDenied for the first fact that is not allowed */
export function authorize(principal: Principal, facts: readonly AccessFact[], ports: Ports): void {
  for (const fact of facts) {
    const decision = decide(principal, fact, ports);
    if (!decision.allowed) throw denied(principal, fact, decision.reason);
  }
}

function denied(principal: Principal, fact: AccessFact, reason: string): AwsError {
  const who = principal.type === "anonymous" ? "anonymous" : principal.arn;
  return new AwsError(
    "AccessDenied",
    `User: ${who} is not authorized to perform: ${fact.action} on resource: ${fact.resource} because ${reason}`,
    { status: 403 },
  );
}
