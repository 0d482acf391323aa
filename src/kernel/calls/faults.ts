import { AwsError } from "#aws/errors.ts";
import { type Random, random } from "#lib/random.ts";

/** An injected fault: which calls it hits, how often, and with what effect. */
export interface FaultRule {
  service?: string;
  operation?: string;
  account?: string;
  region?: string;
  /** From 0 to 1. */
  probability: number;
  /** A repeated run with the same seed hits the same calls. */
  seed: number;
  effect: FaultEffect;
}

export type FaultEffect =
  | { error: { code: string; message: string; status: number } }
  | { throttle: true }
  /** Milliseconds of real time before the call continues. */
  | { latency: number };

export interface FaultTarget {
  service: string;
  operation: string;
  account: string;
  region: string;
}

export interface Faults {
  readonly rules: readonly FaultRule[];
  /** Replaces all rules. They are kept in memory only. */
  set(rules: readonly FaultRule[]): void;
  /**
   * Applies the rules to a call. Returns `undefined`, at no cost, while there are no rules. @throws
   * {AwsError} as a rule says
   */
  strike(target: FaultTarget): Promise<void> | undefined;
}

export function openFaults(): Faults {
  let armed: { rule: FaultRule; dice: Random }[] = [];

  async function apply(target: FaultTarget) {
    for (const { rule, dice } of armed) {
      if (!matches(rule, target) || dice.fraction() >= rule.probability) continue;
      const { effect } = rule;
      if ("latency" in effect) await new Promise((resume) => setTimeout(resume, effect.latency));
      else throw errorOf(effect);
    }
  }

  return {
    get rules() {
      return armed.map(({ rule }) => rule);
    },
    set(rules) {
      armed = rules.map((rule) => ({ rule, dice: random(rule.seed) }));
    },
    strike: (target) => (armed.length === 0 ? undefined : apply(target)),
  };
}

function matches(rule: FaultRule, target: FaultTarget): boolean {
  return (["service", "operation", "account", "region"] as const).every(
    (key) => rule[key] === undefined || rule[key] === target[key],
  );
}

function errorOf(effect: Exclude<FaultEffect, { latency: number }>): AwsError {
  if ("throttle" in effect) return new AwsError("ThrottlingException", "Rate exceeded", { status: 400 });
  const { code, message, status } = effect.error;
  return new AwsError(code, message, { status });
}
