/** A fault in a policy's text. Each service has its own message for it. */
export type PolicyFault =
  | { reason: "NotJson" }
  /** The document or a statement is not a JSON object. */
  | { reason: "NotAnObject"; element: "Policy" | "Statement" | "Condition" }
  | { reason: "NoStatement" }
  | { reason: "UnknownElement"; element: string }
  | { reason: "MissingElement"; element: string }
  /** An element that this kind of policy must not have, such as a principal in an identity-based policy. */
  | { reason: "ForbiddenElement"; element: string }
  /** An element and its negation: `Action` and `NotAction`. */
  | { reason: "ContradictoryElements"; element: string }
  /** Neither a string nor a list of strings. */
  | { reason: "InvalidElement"; element: string }
  | { reason: "InvalidVersion"; value: string }
  | { reason: "DuplicateSid"; value: string }
  | { reason: "InvalidEffect"; value: string }
  /** `type` is `AWS`, `Service` or another principal type. */
  | { reason: "InvalidPrincipal"; type: string; value: string }
  /** The service prefix is missing: an action is `service:name`. */
  | { reason: "InvalidAction"; value: string }
  | { reason: "InvalidResource"; value: string }
  | { reason: "UnknownOperator"; operator: string }
  | { reason: "InvalidConditionValue"; operator: string; key: string; value: string };

export class PolicyError extends Error {
  override readonly name = "PolicyError";
  readonly fault: PolicyFault;

  constructor(fault: PolicyFault) {
    super(`not a policy: ${JSON.stringify(fault)}`);
    this.fault = fault;
  }
}

export const faulty = (fault: PolicyFault) => new PolicyError(fault);
